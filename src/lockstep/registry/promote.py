"""Promotion: decide whether the challenger replaces the champion, and record it."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lockstep.artifacts.evaluation import Reason
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.workspace import Workspace
from lockstep.decisions.promotion import Decision
from lockstep.decisions.show import show_rules
from lockstep.params.document import load_all
from lockstep.pipeline.track.backend import reaching
from lockstep.registry.aliases import Registry, entry
from lockstep.registry.fetch import Fetched, fetch
from lockstep.registry.judgement import judge
from lockstep.registry.ledger import Action, Entry
from lockstep.registry.register import opened
from lockstep.registry.state import State
from lockstep.registry.version import CHALLENGER, Version, by_alias, by_number


@dataclass(frozen=True)
class Force:
    """Promote against the rules, for a reason."""

    reason: str


@dataclass(frozen=True)
class Promotion:
    """The result of a promotion.

    Attributes:
        challenger: the version that was judged.
        champion: version before; None: there was none.
        decision: of the rules; None: the challenger was champion already.
        entry: of the ledger; None: nothing was written.
    """

    challenger: Version
    champion: int | None
    decision: Decision | None
    entry: Entry | None

    @property
    def yes(self) -> bool:
        """Whether the challenger is champion now, or would be without a dry run."""
        if self.entry is not None:
            return self.entry.action == "promote"
        return self.decision is None or self.decision.promote

    @property
    def verdict(self) -> str:
        """The result in one line."""
        before = f"version {self.champion}" if self.champion else "none"
        if self.decision is None:
            return f"{self.challenger} is champion already"
        if self.entry is None:
            return f"{self.challenger} would {'' if self.yes else 'not '}be champion (dry run); now: {before}"
        if self.yes:
            return f"{self.challenger} is champion{', by force' * self.entry.forced}; before: {before}"
        return f"{self.challenger} is not promoted; champion: {before}"


def promote(
    workspace: Workspace, number: int | None = None, *, force: Force | None = None, dry: bool = False
) -> Promotion:
    """Make the challenger champion if the rules allow it, or by force.

    Args:
        workspace: the checkout with the newest test split.
        number: of the version; by default the challenger.
        force: promote against the rules; files are verified anyway.
        dry: decide, and write nothing.

    Raises:
        OvertakenError: another decision came first; nothing was changed.
        LockstepError: there is no such version, its files are refused, or it cannot be judged.
    """
    book = opened(workspace, load_all(workspace.params).problem.name)
    with reaching(book.backend.location), tempfile.TemporaryDirectory(prefix="lockstep-promote-") as folder:
        state = book.state()
        challenger, champion, seen = _wanted(book, number), state.champion, state.entries
        if force is None:
            state.check(book.model)
        if champion == challenger.number and state.moved_by_hand is None:
            return Promotion(challenger, champion, None, None)
        decision = _judged(book, workspace, challenger, state, Path(folder), force)
        if dry:
            return Promotion(challenger, champion, decision, None)
        written = book.decide(_entry(workspace, seen, challenger, decision, force), seen)
    return Promotion(challenger, champion, decision, written)


def show(found: Promotion, console: Console) -> None:
    """Print the result of a promotion."""
    console.print(Text(shorten(found.verdict), style=f"bold {'green' if found.yes else 'red'}"))
    show_rules(found.decision.reasons if found.decision else (), console)
    if found.entry is not None and found.entry.why:
        console.print(Text(f"  “{shorten(found.entry.why)}” ({shorten(found.entry.who)})"))


def _wanted(book: Registry, number: int | None) -> Version:
    if number is not None:
        return by_number(book.backend, book.model, number)
    found = by_alias(book.backend, book.model, CHALLENGER)
    if found is None:
        raise LockstepError(
            f"{book.model}: no version is challenger; `lockstep register` registers this checkout's model"
        )
    return found


def _judged(
    book: Registry, workspace: Workspace, challenger: Version, state: State, folder: Path, force: Force | None
) -> Decision:
    new = fetch(book.backend, challenger, _made(folder / "challenger"))
    state.check_kept(challenger)
    try:
        return judge(workspace, new, _champion(book, state, folder))
    except LockstepError as error:
        if force is None:
            raise
        return Decision(promote=False, reasons=(Reason(passed=False, text=f"could not be judged: {error.what}"),))


def _champion(book: Registry, state: State, folder: Path) -> Fetched | None:
    if state.champion is None:
        return None
    version = by_number(book.backend, book.model, state.champion)
    found = fetch(book.backend, version, _made(folder / "champion"))
    state.check_kept(version)
    return found


def _entry(
    workspace: Workspace, seen: Sequence[Entry], challenger: Version, decision: Decision, force: Force | None
) -> Entry:
    forced = force is not None and not decision.promote
    action: Action = "promote" if decision.promote or forced else "refused"
    return replace(
        entry(seen, action, challenger, workspace.root),
        why=force.reason if force else "",
        forced=forced,
        decision=json.dumps(decision.lines),
    )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
