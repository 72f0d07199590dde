"""Names, hashes, sizes and times for the terminal: short, control characters escaped."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.versioning.history import Commit
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.model_versions import Promotion
from lockstep.versioning.project import Origin
from lockstep.workbench.lineage.lineage import Lineage
from lockstep.workbench.lineage.tables import Contents

DIGITS = 8  # of a hash; in full in --json
NAME = 60  # characters of a name
CHANGED = 3  # files named of those that are not committed
KILO = 1000


def about(found: Lineage) -> Iterator[Text]:
    """Yield name, hash, commit, promotions and notes of the target."""
    target = found.target
    yield styled(shorten(target.label, NAME), "bold").append(_kind(found), style="dim")
    for pin in dict.fromkeys(pin for source in target.sources for pin in source.pins):
        line = pin_text(pin).append(f"  {size_text(pin)}", style="dim")
        if entry := target.files.get(pin.md5):
            line = Text(f"{shorten(entry.path, NAME)}  {entry.md5[:DIGITS]}  in ").append_text(line)
        yield one_line(Text("  ").append_text(line))
    if target.kind != "hash":
        yield from _origin(target.sources[0].origin)
    yield from promotions(target.promoted)
    for note in target.notes:
        yield Text(f"  {shorten(note)}", style="yellow")


def promotions(promoted: Sequence[Promotion]) -> Iterator[Text]:
    """Yield a line per promotion: alias, time, reason and person."""
    for one in promoted:
        why = f" ({shorten(one.why, NAME)})" if one.why else ""
        details = f" {_minute(one.when)}{why} by {shorten(one.who, NAME)}"
        yield one_line(styled(f"  {shorten(one.alias, NAME)}", "magenta").append(details, style="default"))


def commit_line(commit: Commit) -> Text:
    """Return hash, time and subject of a commit."""
    return styled(commit.hash[:DIGITS], "yellow").append(
        f"  {_minute(commit.when)}  {shorten(commit.subject, NAME)}", style="default"
    )


def pin_text(pin: Pin) -> Text:
    """Return a path and its hash."""
    path = Text(shorten(pin.path, NAME), style="default")
    return path.append(f"  {pin.md5[:DIGITS] or 'no hash'}", style="yellow")


def size_text(pin: Pin) -> str:
    """Return the size of a pin, in units of 1,000, and its number of files."""
    parts = [] if pin.size is None else [_bytes(pin.size)]
    return ", ".join([*parts, *([] if pin.files is None else [plural(pin.files, "file")])])


def rows_text(name: str, contents: Contents) -> Text:
    """Return a table's rows and span."""
    span = f"  {_minute(contents.span[0])} … {_minute(contents.span[1])}" if contents.span else ""
    return Text(f"{shorten(name, NAME)}  {contents.rows:,} rows{span}", style="default")


def styled(text: str, style: str) -> Text:
    """Return a text whose style does not apply to appended text."""
    return Text().append(text, style=style)


def one_line(text: Text) -> Text:
    """Return the text with lines that are cut, not wrapped, at the terminal's width."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def plural(count: int, word: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count:,} {word}{'s' * (count != 1 and word != 'more')}"


def _kind(found: Lineage) -> str:
    locks = len(found.target.sources)
    return f"  in {plural(locks, 'version')} of dvc.lock" if found.target.kind == "hash" else ""


def _origin(origin: Origin) -> Iterator[Text]:
    yield one_line(styled("  commit ", "dim").append_text(commit_line(origin.commits[0])))
    if origin.changed:
        names = ", ".join(shorten(name, NAME) for name in origin.changed[:CHANGED])
        left = len(origin.changed) - CHANGED
        more = f" (and {plural(left, 'more')})" if left > 0 else ""
        yield one_line(Text(f"  not committed{more}: {names}", style="yellow"))


def _minute(when: str) -> str:
    return shorten(when.replace("T", " ")[:16])


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < KILO:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= KILO
    return f"{size:.1f} TB"
