"""A promotion on the terminal: the verdict first, then every rule with its numbers."""

from rich.console import Console
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.registry.promote import Promotion

MARKS = {"no": ("✗", "red"), "ok": ("✓", "green"), "--": ("-", "dim")}


def show(found: Promotion, console: Console) -> None:
    """Print what came of it."""
    console.print(Text(shorten(found.verdict), style=f"bold {'green' if found.yes else 'red'}"))
    for reason in found.decision.reasons if found.decision else ():
        word, _, text = reason.partition(": ")
        mark, style = MARKS[word]
        console.print(Text(f"  {mark} ", style=style).append(shorten(text), style="default"))
    if found.entry is not None and found.entry.why:
        console.print(Text(f"  “{shorten(found.entry.why)}”, says {shorten(found.entry.who)}"))
