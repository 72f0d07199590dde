"""A lineage on the terminal: the target, a tree of how it was made, a tree of what used it."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from lockstep.core.errors import shorten
from lockstep.versioning.lockfile.lock import Execution
from lockstep.versioning.pinned_files import Fault
from lockstep.workbench.lineage.difference import changes
from lockstep.workbench.lineage.lineage import Lineage
from lockstep.workbench.lineage.restore import Restored
from lockstep.workbench.lineage.step import change_line, step_lines
from lockstep.workbench.lineage.text import DIGITS, NAME, about, commit_line, one_line, plural, promotions, styled
from lockstep.workbench.lineage.walk import Way

WAYS = 8  # on a screen, all but the first as differences
ORIGINS = 3  # commits shown per way
FAULTS = 20  # of a kind, on a screen
GUIDE = "dim"

Next = Callable[[Way, Execution], Sequence[Execution]]


def show(found: Lineage, console: Console) -> None:
    """Print a lineage; what is left out is counted, and is in `--json`."""
    for line in about(found):
        console.print(line, no_wrap=line.no_wrap, overflow=line.overflow)  # Rich ignores those of the text
    made = tuple(way for way in found.made if way.steps)
    if not made:
        console.print(Text("\nno stage wrote it: the lineage begins here", style="dim"))
    _section(found, console, "made by", made, lambda way, step: way.graph.makers(*step.deps))
    _section(found, console, "used by", found.used, lambda way, step: way.graph.readers(*step.outs))
    for record in found.registered:
        console.print(styled("\nregistered as ", "dim").append(shorten(record.label), style="bold"))
        for line in promotions(record.promoted):
            console.print(line)


def _section(found: Lineage, console: Console, title: str, ways: Sequence[Way], following: Next) -> None:
    for index, way in enumerate(ways[:WAYS]):
        alone = len(ways) == 1 and found.target.kind != "hash"
        heading = _heading(title if not index else f"{title}, differently", () if alone else _commits(way))
        console.print()
        console.print(
            _tree(found, way, heading, following) if not index else _differences(ways[index - 1], way, heading)
        )
    if (left := len(ways) - WAYS) > 0:
        console.print(Text(f"\n… and {plural(left, 'older way')} that differ: --json has them all", style="yellow"))


def _commits(way: Way) -> tuple[Text, ...]:
    commits = list(dict.fromkeys(commit for origin in way.origins for commit in origin.commits))
    left = len(commits) - ORIGINS
    more = Text(f"and {plural(left, 'more commit')} alike", style="dim")
    return (*map(commit_line, commits[:ORIGINS]), *((more,) if left > 0 else ()))


def _heading(title: str, lines: Sequence[Text]) -> Text:
    indented = (Text("  ").append_text(line) for line in lines)
    return one_line(Text("\n").join([styled(title, "bold"), *indented]))


def _differences(before: Way, way: Way, heading: Text) -> Tree:
    """Return how a way differs from the one shown before it."""
    tree = Tree(heading, guide_style=GUIDE)
    for change in changes(before.steps, way.steps):
        tree.add(one_line(change_line(change)))
    return tree


def _tree(found: Lineage, way: Way, heading: Text, following: Next) -> Tree:
    """Return one way; an execution with several parents is shown once, then only named."""
    shown: set[Execution] = set()

    def grow(branch: Tree, steps: Sequence[Execution]) -> None:
        again = []
        for step in steps:
            if step in shown:
                again.append(step.stage)
                continue
            shown.add(step)
            lines = one_line(Text("\n").join(step_lines(found, way.graph, step)))
            grow(branch.add(lines), following(way, step))
        if again:
            branch.add(styled(shorten(", ".join(again), NAME), "cyan").append("  shown above", style="dim"))

    tree = Tree(heading, guide_style=GUIDE)
    grow(tree, way.roots)
    return tree


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
