"""May a registered challenger replace the champion? Its gate, and both models on the checkout's test split."""

import shutil
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.spec import Spec, load
from lockstep.core.workspace import Workspace
from lockstep.decisions.gather.candidates import PREDICTIONS, Candidate, Files, compare, read_scored
from lockstep.decisions.gather.gate import settled
from lockstep.decisions.paired.rows import Scored
from lockstep.decisions.promotion import Decision, decide, no_champion, not_worse
from lockstep.decisions.rules import Design, Rules
from lockstep.evaluation import gate
from lockstep.params.document import load_all
from lockstep.params.pipeline.source import SourceSpec
from lockstep.registry.fetch import Fetched
from lockstep.versioning.cache import Unknown
from lockstep.versioning.hashes.content_hash import file_hash
from lockstep.versioning.project import Project


class _Source(Spec):
    source: SourceSpec


def judge(workspace: Workspace, challenger: Fetched, champion: Fetched | None) -> Decision:
    """Return the decision, with every rule and its numbers.

    Args:
        workspace: the checkout with the newest test split; its params.yaml holds the rules.
        challenger: verified files.
        champion: verified files; None if there is none.

    Raises:
        LockstepError: the checkout's data are older than the challenger's, missing or damaged.
    """
    params = load_all(workspace.params)
    _check_newest(workspace, challenger)
    limit = params.evaluate.gates.latency_ms
    rules = settled(challenger.evaluation, challenger.model, workspace.features, limit)
    if champion is None:
        return decide(gate.verdict(rules), no_champion())
    here = Candidate("checkout", load(Design, workspace.params), lambda: Files(workspace.model, workspace.features))
    old, new = (_candidate(workspace, *one) for one in (("champion", champion), ("challenger", challenger)))
    outcome = compare(old, new, load(Rules, workspace.params), newest=here)
    return decide(gate.verdict(rules), not_worse("the champion", outcome, params.promote.margin))


def _candidate(workspace: Workspace, name: str, of: Fetched) -> Candidate:
    design = load(Design, of.pinned.params)
    return Candidate(name, design, lambda: Files(of.model, of.pinned.features), _predictions(workspace, of))


def _predictions(workspace: Workspace, of: Fetched) -> Scored | None:
    """Return the predictions that a version was pinned with, if DVC's cache has them."""
    cache = Project(workspace.root.resolve()).cache
    listing = cache.listing(of.version.outputs.get(Workspace().evaluation.as_posix(), ""))
    entry = None if isinstance(listing, Unknown) else next((one for one in listing if one.path == PREDICTIONS), None)
    if entry is None or not cache.has(entry.md5):
        return None
    copy = Path(shutil.copy(cache.path(entry.md5), of.evaluation / PREDICTIONS))
    if file_hash(copy) != entry.md5:
        raise LockstepError(f"{PREDICTIONS} of {of.version} is damaged in DVC's cache")
    return read_scored(of.evaluation, str(of.version))[0]


def _check_newest(workspace: Workspace, challenger: Fetched) -> None:
    here, there = (load(_Source, path).source.as_of for path in (workspace.params, challenger.pinned.params))
    if here and there and here < there:
        raise LockstepError(
            f"source.as_of is {here:%Y-%m-%d} in this checkout, {there:%Y-%m-%d} in {challenger.version}",
            ["models are compared on the newest test split: check out the newer commit, then run `dvc repro`"],
        )
