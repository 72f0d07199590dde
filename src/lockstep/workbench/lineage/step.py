"""One stage execution as lines of a terminal."""

import json
from collections.abc import Iterator, Sequence

from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.versioning.cache import Unknown
from lockstep.versioning.lockfile.lock import Execution, Param, Pin
from lockstep.workbench.lineage.difference import Change
from lockstep.workbench.lineage.graph import Graph
from lockstep.workbench.lineage.lineage import Lineage
from lockstep.workbench.lineage.text import NAME, pin_text, plural, rows_text, size_text, styled

LINES = 3  # of params of a stage
ROOM = 62  # characters of such a line
PARAMS_CHANGED = 3  # shown of those that differ
VALUE = 40  # characters of a value
TABLES = 8  # of a directory, on a screen


def step_lines(found: Lineage, graph: Graph, step: Execution) -> list[Text]:
    """Return stage, command, outputs, params, and the inputs that no stage wrote."""
    head = styled(shorten(step.stage, NAME), "bold cyan").append(f"  {shorten(step.cmd, NAME)}", style="dim")
    return [head, *_made(found, step.outs), *_params(step.params), *_given(graph, step.deps)]


def _made(found: Lineage, outs: Sequence[Pin]) -> Iterator[Text]:
    for pin in outs:
        yield _label("made").append_text(pin_text(pin)).append(f"  {size_text(pin)}", style="dim")
        tables = found.tables(pin)
        if isinstance(tables, Unknown):
            yield _label("").append(f"rows unknown ({tables.reason})", style="yellow")
        elif tables:
            yield from (_label("").append_text(rows_text(*one)) for one in list(tables.items())[:TABLES])
            if (left := len(tables) - TABLES) > 0:
                yield _label("").append(f"and {plural(left, 'more table')}", style="dim")


def change_line(change: Change) -> Text:
    """Return how a stage differs, on one line."""
    text = styled(shorten(change.stage, NAME), "cyan")
    if change.standing != "changed":
        text.append(f"  {change.standing}", style="dim")
    for name, old, new in change.params[:PARAMS_CHANGED]:
        text.append(f"  {shorten(name, NAME)}").append(f" {_value(old)} → {_value(new)}", style="green")
    parts = [plural(len(change.params) - PARAMS_CHANGED, "more param")] if len(change.params) > PARAMS_CHANGED else []
    parts += [f"cmd {shorten(change.cmd, VALUE)}"] if change.cmd else []
    parts += [f"read {_paths(change.read)}"] if change.read else []
    text.append("".join(f"  {part}" for part in parts), style="dim")
    for pin in change.made:
        text.append("  made ", style="dim").append_text(pin_text(pin))
    return text


def _paths(paths: Sequence[str]) -> str:
    """Return data by name, and code by count."""
    data = [shorten(path, NAME) for path in paths if _is_data(path)]
    code = len(paths) - len(data)
    return ", ".join([*data, *([plural(code, "file") + " of code"] if code else [])])


def _value(value: str | None) -> str:
    if value is None:
        return "nothing"
    parsed = json.loads(value)
    return shorten(parsed if isinstance(parsed, str) else value, VALUE)


def _params(params: Sequence[Param]) -> Iterator[Text]:
    """Yield as many params as fit into a few lines, and the count of the rest."""
    lines, shown = [Text()], 0
    for one in params:
        text = Text(f"{shorten(one.name, NAME)}=").append(_value(one.value), style="green")
        full = len(lines[-1]) and len(lines[-1]) + len(text) > ROOM
        if full and len(lines) == LINES:
            break
        if full:
            lines.append(Text())
        lines[-1].append("  " if len(lines[-1]) else "").append_text(text)
        shown += 1
    if left := len(params) - shown:
        lines[-1].append(f"  and {plural(left, 'more')}", style="dim")
    if params:
        yield from (_label("" if index else "params").append_text(line) for index, line in enumerate(lines))


def _given(graph: Graph, deps: Sequence[Pin]) -> Iterator[Text]:
    """Yield the inputs that no stage wrote: data one by one, code by folder."""
    given = [pin for pin in deps if not graph.makers(pin)]
    for pin in given:
        stale = graph.stale(pin)
        if stale or _is_data(pin.path):
            yield _label("read").append_text(pin_text(pin)).append_text(_why(stale))
    folders: dict[str, list[Pin]] = {}
    for pin in given:
        if not _is_data(pin.path):
            folders.setdefault(pin.path.split("/")[0], []).append(pin)
    for folder, pins in folders.items():
        line = pin_text(pins[0]) if len(pins) == 1 else Text(f"{plural(len(pins), 'file')} in {shorten(folder, NAME)}/")
        yield _label("code").append_text(line)


def _is_data(path: str) -> bool:
    """Return whether a path is data, which DVC pins, or else code in git: all data is under data/."""
    return path.startswith("data/")


def _why(stale: Pin | None) -> Text:
    if stale is None:
        return Text("  raw: no stage wrote it", style="dim")
    return Text(f"  rewritten since, as {stale.md5[:8]}; the lock does not say what wrote this one", style="yellow")


def _label(text: str) -> Text:
    return styled(f"{text:<7}", "dim")
