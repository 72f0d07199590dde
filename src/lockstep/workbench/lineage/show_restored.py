"""A restored workspace on the terminal: where it is, and how it differs from the original."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.versioning.pinned_files import Fault
from lockstep.workbench.lineage.restore import Restored
from lockstep.workbench.lineage.text import DIGITS, plural

FAULTS = 20  # of a kind, on a screen


def show_restored(found: Restored, console: Console) -> None:
    """Print a restored workspace; a path that differs is shown with its expected hash."""
    exact = ("every file has the hash that dvc.lock gives it", "green")
    words, style = exact if found.exact else ("differs from the original", "yellow")
    console.print(Text(f"{shorten(found.place)}  commit {found.commit[:DIGITS]}: ").append(words, style=style))
    for note in found.notes:
        console.print(Text(f"  {shorten(note)}", style="yellow"))
    _faults(console, "missing in the cache and the remote", found.missing)
    _faults(console, "damaged in the cache: remove the object, then `dvc fetch` or `dvc repro`", found.different)
    _faults(console, "code of the commit differs from what dvc.lock was written with", found.foreign)
    if found.replaced:
        text = "data as asked for, with other hashes than the commit's dvc.lock; the code is the commit's"
        console.print(Text(text, style="yellow"))
        for pin in found.replaced:
            console.print(Text(f"  {shorten(pin.path)}  {pin.md5}"))
    console.print(Text("remove it with `git worktree remove --force`", style="dim"))


def _faults(console: Console, title: str, faults: Sequence[Fault]) -> None:
    if not faults:
        return
    console.print(Text(title, style="red"))
    for one in faults[:FAULTS]:
        console.print(Text(f"  {shorten(one.path)}  {one.md5 or 'should not be there'}"))
    if (left := len(faults) - FAULTS) > 0:
        console.print(Text(f"  and {plural(left, 'more')}"))
