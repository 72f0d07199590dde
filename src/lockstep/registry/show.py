"""A promotion on the terminal: the verdict first, then every rule with its numbers."""

from rich.console import Console
from rich.text import Text

from lockstep.errors import shorten
from lockstep.registry.promote import Promotion

MARKS = {"no": ("✗", "red"), "ok": ("✓", "green"), "--": ("-", "dim")}


def show(found: Promotion, console: Console) -> None:
    """Print what came of it."""
    console.print(_verdict(found))
    for reason in found.decision.reasons if found.decision else ():
        word, _, text = reason.partition(": ")
        mark, style = MARKS[word]
        console.print(Text(f"  {mark} ", style=style).append(shorten(text), style="default"))
    if found.entry is not None and found.entry.why:
        console.print(Text(f"  “{shorten(found.entry.why)}”, says {shorten(found.entry.who)}"))


def _verdict(found: Promotion) -> Text:
    before = f"version {found.champion}" if found.champion else "none"
    name = shorten(found.challenger)
    if found.decision is None:
        return Text(f"{name} is champion already")
    if found.entry is None:
        word = "would be" if found.decision.promote else "would not be"
        return Text(f"{name} {word} champion (dry run); now: {before}")
    if found.entry.action == "promote":
        forced = ", by force" if found.entry.forced else ""
        return Text(f"{name} is champion{forced}; before: {before}", style="bold green")
    return Text(f"{name} is not promoted; champion: {before}", style="bold red")
