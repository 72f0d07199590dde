"""A restored workspace on the terminal: where it is, and all that is not as it was."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.versioning.pinned_files import Fault
from lockstep.workbench.lineage.restore import Restored
from lockstep.workbench.lineage.text import DIGITS, plural

FAULTS = 20  # of a kind, on a screen


def show_restored(found: Restored, console: Console) -> None:
    """Print it; a path that is not as it was goes with the hash it should have."""
    exact = ("every file has the hash that dvc.lock gives it", "green")
    words, style = exact if found.exact else ("not exactly what there was", "yellow")
    console.print(Text(f"{shorten(found.place)}  commit {found.commit[:DIGITS]}: ").append(words, style=style))
    for note in found.notes:
        console.print(Text(f"  {shorten(note)}", style="yellow"))
    _faults(console, "missing, from the cache and the remote", found.missing)
    _faults(console, "damaged in the cache: remove the object, then fetch it, or make it anew", found.different)
    _faults(console, "not what dvc.lock was made with: the commit has other code", found.foreign)
    if found.replaced:
        text = "not the commit's: data of another hash, brought as asked; the code beside is the commit's"
        console.print(Text(text, style="yellow"))
        for pin in found.replaced:
            console.print(Text(f"  {shorten(pin.path)}  {pin.md5}"))
    console.print(Text("`git worktree remove --force` takes it away again", style="dim"))


def _faults(console: Console, title: str, faults: Sequence[Fault]) -> None:
    if not faults:
        return
    console.print(Text(title, style="red"))
    for one in faults[:FAULTS]:
        console.print(Text(f"  {shorten(one.path)}  {one.md5 or 'should not be there'}"))
    if (left := len(faults) - FAULTS) > 0:
        console.print(Text(f"  and {plural(left, 'more')}"))
