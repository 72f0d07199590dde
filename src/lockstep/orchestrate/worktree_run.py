"""Runs in a separate git worktree: HEAD as committed, its champion set aside, and `source.as_of` moved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import get_run_logger

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.manifest import Manifest
from lockstep.core.workspace import Workspace
from lockstep.operate.retraining.naming import shown
from lockstep.operate.retraining.params_file import change
from lockstep.orchestrate.running.execution import Execution, run_stages
from lockstep.orchestrate.running.occupied import occupied, set_aside_damaged
from lockstep.params.document import load_all
from lockstep.params.pipeline.source import parse_instant
from lockstep.versioning.checkout_data import bring_outputs, share_settings
from lockstep.versioning.project import Project
from lockstep.versioning.worktree import place, worktree

AS_OF = "source.as_of"


@contextmanager
def checkout_of_head(root: Path, name: str, patience: float) -> Iterator[Path]:
    """Yield a git worktree at HEAD that only this flow run uses; it is removed afterwards."""
    path = place(root, name)
    with occupied(path, patience, lock=path.with_suffix(".lock")), worktree(root, name) as tree:
        if changed := run(["git", "diff", "HEAD", "--name-only"], root).splitlines():
            get_run_logger().warning("not committed, so not used here: %s", shorten(", ".join(changed)))
        _keep_search(path.with_suffix(".search"), tree)
        yield tree


def set_aside_champion(root: Path, tree: Path, outputs: Sequence[str]) -> Workspace:
    """Move the champion's files, as HEAD pins them, to a workspace of their own, and return it.

    They come from DVC's cache, whose objects are verified first, or from the remote. If neither has them, the stages of
    HEAD rebuild them. Afterwards DVC can work in the tree.

    Args:
        root: of the user's checkout.
        tree: the worktree, at HEAD.
        outputs: paths to set aside, relative to the root.
    """
    share_settings(root, tree)
    set_aside_damaged(tree, root)  # kept in the user's checkout: the worktree is temporary
    try:
        bring_outputs(Project(root), tree, outputs)
    except LockstepError as error:
        get_run_logger().warning("the champion is rebuilt: %s", error)
        require_complete(run_stages(tree))
    kept = Workspace(tree / ".lockstep" / "champion")
    for output in outputs:
        (kept.root / output).parent.mkdir(parents=True, exist_ok=True)
        (tree / output).replace(kept.root / output)
    return kept


def move_as_of(tree: Path, as_of: datetime | None) -> datetime:
    """Set `source.as_of` to the given instant, or to the end of the newest data, and return it.

    A flat table without as_of keeps none: it is read again, and counts as of today.

    Raises:
        LockstepError: the source cannot be read.
    """
    path = Workspace(tree).params
    if load_all(path).source.as_of is None:
        require_complete(
            run_stages(tree, ["ingest"], force={"ingest"})
        )  # DVC has no hash of a database, so cannot see that it grew
        return as_of or _today()
    moment = as_of or _end_of_data(tree)
    change(path, {AS_OF: shown(moment)})
    return moment


def require_complete(execution: Execution) -> Execution:
    """Return the execution if every stage is up to date.

    Raises:
        LockstepError: a stage failed; with the messages of the failed stages.
    """
    if not execution.complete:
        lines = [line.strip().removeprefix("- ") for problem in execution.problems for line in problem.splitlines()]
        raise LockstepError("the pipeline failed", lines)
    return execution


def parse_as_of(as_of: str | None) -> datetime | None:
    """Return a user's as_of as an instant; None if none was given.

    Raises:
        LockstepError: it is not an instant.
    """
    try:
        return parse_instant(as_of) if as_of else None
    except ValueError as error:
        raise LockstepError(f"as_of: {error}; got {as_of!r}") from error


def _keep_search(kept: Path, tree: Path) -> None:
    """Keep the trials of a search outside the worktree, so that the run after a killed one finds them."""
    kept.mkdir(exist_ok=True)
    scratch = Workspace(tree).scratch
    scratch.mkdir(exist_ok=True)
    (scratch / "search").symlink_to(kept, target_is_directory=True)


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _end_of_data(tree: Path) -> datetime:
    """Return the midnight after the newest event, but not later than today."""
    change(Workspace(tree).params, {AS_OF: shown(_today())})
    require_complete(run_stages(tree, ["ingest"]))
    tables = load_all(Workspace(tree).params).source.tables
    raw = Manifest.read(Workspace(tree).raw).tables
    spans = [span for name, table in tables.items() if table.kind == "event" and (span := raw[name].span)]
    if not spans:
        return _today()
    newest = max(span[1] for span in spans)
    midnight = newest.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return min(_today(), midnight + timedelta(days=1))
