"""A promotion on the terminal: the result first, then every rule with its numbers."""

from rich.console import Console
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.decisions.show import show_rules
from lockstep.registry.promote import Promotion


def show(found: Promotion, console: Console) -> None:
    """Print the result of a promotion."""
    console.print(Text(shorten(found.verdict), style=f"bold {'green' if found.yes else 'red'}"))
    show_rules(found.decision.reasons if found.decision else (), console)
    if found.entry is not None and found.entry.why:
        console.print(Text(f"  “{shorten(found.entry.why)}” ({shorten(found.entry.who)})"))
