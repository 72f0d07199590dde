"""The history of the champion, as text and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.core.workspace import Workspace
from lockstep.params.document import load_all
from lockstep.pipeline.track.backend import reaching
from lockstep.registry.ledger import Entry
from lockstep.registry.register import opened
from lockstep.registry.state import champion_of

COLOURS = {"promote": "green", "rollback": "yellow", "refused": "red"}


@dataclass(frozen=True)
class History:
    """The entries of a model, oldest first, and its present aliases."""

    model: str
    entries: Sequence[Entry]
    aliases: Mapping[str, int]
    moved_by_hand: int | None

    def as_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        entries = [{**asdict(one), "decision": json.loads(one.decision)} for one in self.entries]
        return {"model": self.model, "aliases": dict(self.aliases), "entries": entries}


def history(workspace: Workspace) -> History:
    """Return the history of the checkout's model.

    Raises:
        LockstepError: the backend does not answer, or an entry was changed.
    """
    book = opened(workspace, load_all(workspace.params).problem.name)
    with reaching(book.backend.location):
        state = book.state()
        return History(book.model, state.entries, state.aliases, state.moved_by_hand)


def show(found: History, console: Console) -> None:
    """Print the newest entry first, with the rules that decided."""
    aliases = ", ".join(f"{alias} is version {number}" for alias, number in sorted(found.aliases.items()))
    console.print(Text(f"{shorten(found.model)}: {aliases or 'no version has an alias'}"))
    if found.moved_by_hand is not None:
        known = champion_of(found.entries)
        console.print(
            Text(f"the alias champion was moved by hand: the champion in the ledger is {known or 'none'}", style="red")
        )
    if not found.entries:
        console.print(Text("no promotion yet"))
        return
    for one in reversed(found.entries):
        _show(one, console)


def _show(one: Entry, console: Console) -> None:
    forced = " (forced)" if one.forced else ""
    head = Text(f"{one.at.replace('T', ' ').removesuffix('+00:00')}  ")
    head.append(f"{one.action}{forced}", style=COLOURS[one.action])
    console.print(head.append(f"  {one.version_from or '-'} → {one.version_to}  {shorten(one.who)}", style="default"))
    for line in _why(one):
        console.print(Padding(Text(line), (0, 0, 0, 4)))


def _why(one: Entry) -> Iterator[str]:
    """Yield the reason that was given, the broken rules, the rule about the champion, and the number of other rules."""
    if one.why:
        yield f"“{shorten(one.why)}”"
    reasons = json.loads(one.decision)
    said = [text for text in reasons if text.startswith("no: ") or "champion" in text]
    yield from (shorten(text) for text in said)
    if left := len(reasons) - len(said):
        yield f"{left} more rule{'s' * (left != 1)} (see --json)"
