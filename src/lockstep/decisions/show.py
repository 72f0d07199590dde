"""Rules on the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from lockstep.artifacts.evaluation import Reason
from lockstep.core.errors import shorten


def show_rules(rules: Iterable[Reason], console: Console) -> None:
    """Print one rule a line, with a mark for passed, broken or not judged."""
    for rule in rules:
        mark, style = ("-", "dim") if not rule.judged else ("✗", "red") if rule.broken else ("✓", "green")
        console.print(Text(f"  {mark} ", style=style).append(shorten(rule.text), style="default"))
