"""What a revision pins, brought out of DVC's cache or remote without touching the checkout."""

from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import environment_of, run
from lockstep.core.errors import LockstepError, closest, shorten
from lockstep.core.workspace import Workspace
from lockstep.versioning.worktree import resolve

WORKSPACE = "workspace"
"""Names the checkout as it is, as in DVC's own commands."""
EXPERIMENTS = "refs/exps/"
NAME = 80  # characters shown of what the user typed
DEPTH = 5  # parts of the reference of an experiment: refs/exps/12/3456.../name


@dataclass(frozen=True)
class Revision:
    """What the user calls it, and its commit; None for the checkout as it is."""

    name: str
    commit: str | None

    @property
    def shown(self) -> str:
        """The name, with the commit where that says more."""
        return (
            self.name
            if self.commit is None or self.commit.startswith(self.name)
            else f"{self.name} ({self.commit[:7]})"
        )


def find(root: Path, name: str) -> Revision:
    """Return a revision by its git name (branch, tag, hash, HEAD~1), its experiment's name, or as `workspace`.

    Raises:
        LockstepError: there is none of that name, several experiments have it, or this is no git repository.
    """
    if name == WORKSPACE:
        return Revision(name, None)
    try:
        return Revision(name, resolve(root, name))
    except LockstepError as error:
        experiments = _experiments(root)
        commits = experiments.get(name, [])
        if len(commits) == 1:
            return Revision(name, commits[0])
        shown = shorten(name, NAME)
        if commits:
            hashes = [f"{commit[:12]}" for commit in commits]
            raise LockstepError(f"{shown}: {len(commits)} experiments have that name; give the hash", hashes) from error
        near = closest(name, [*experiments, *_branches(root)])
        raise LockstepError(f"{shown}: no git revision, and no experiment of that name{near}") from error


def params(root: Path, revision: Revision, folder: Path) -> Path:
    """Return the path of a revision's params.yaml, copied to an empty folder; the checkout's own needs no copy.

    Raises:
        LockstepError: the revision has none.
    """
    if revision.commit is None:
        return Workspace(root).params
    path = Workspace(folder).params
    path.write_text(run(["git", "show", f"{revision.commit}:./{path.name}"], root), encoding="utf-8")
    return path


def evaluation(root: Path, revision: Revision, folder: Path) -> Path:
    """Return the folder of a revision's evaluation, brought into another one; the checkout's own needs no copy.

    Raises:
        LockstepError: the revision pins none, or neither DVC's cache nor its remote holds it.
    """
    if revision.commit is None:
        return Workspace(root).evaluation
    place, output = Workspace(folder).evaluation, Workspace().evaluation.as_posix()
    place.parent.mkdir(parents=True)
    try:
        get = ["dvc", "get", "--quiet", f"--rev={revision.commit}", f"--out={place}", ".", output]
        run(get, root, environment_of(root))
    except LockstepError as error:
        raise LockstepError(
            f"{revision.shown}: {output} is not to be had from DVC's cache or remote",
            [f"in a checkout of it, `dvc pull {output}` or `dvc repro` brings it", *error.details[:1]],
        ) from error
    return place


def _experiments(root: Path) -> dict[str, list[str]]:
    listed = run(["git", "for-each-ref", "--format=%(objectname) %(refname)", EXPERIMENTS], root).splitlines()
    found: dict[str, list[str]] = {}
    for line in listed:
        commit, _, reference = line.partition(" ")
        parts = reference.split("/")
        if len(parts) == DEPTH:
            found.setdefault(parts[-1], []).append(commit)
    return found


def _branches(root: Path) -> list[str]:
    return run(["git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"], root).splitlines()
