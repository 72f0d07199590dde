"""The gate on the terminal."""

from rich.console import Console
from rich.text import Text

from lockstep.artifacts.evaluation import Reason, Verdict
from lockstep.core.errors import shorten


def show(verdict: Verdict, console: Console) -> None:
    """Print the verdict and every rule, broken ones first."""
    word, colour = ("pass", "green") if verdict.passed else ("fail", "red")
    console.print(Text("gate  ").append(word, style=f"bold {colour}"))
    for reason in verdict.reasons:
        mark, style = _mark(reason)
        console.print(Text(f"  {mark} ", style=style).append(shorten(reason.text), style="default"))


def _mark(reason: Reason) -> tuple[str, str]:
    if not reason.judged:
        return "-", "dim"
    return ("✗", "red") if reason.broken else ("✓", "green")
