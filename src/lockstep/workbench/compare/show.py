"""A comparison on the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockstep.core.errors import shorten
from lockstep.decisions.gather.revisions import Compared
from lockstep.decisions.paired.result import Comparison, NotComparable, PairedSegment
from lockstep.statistics.estimate import Estimate

SMALL = 1e-4  # smaller p-values are not exact
WIDTH = 32  # characters of a name
COLOURS = {"better": "green", "worse": "red", "equivalent": "blue", "undecided": "yellow"}
STANDINGS = {"not worse": "green", "worse": "red", "unsure": "yellow", "not judged": "dim"}


def show(compared: Compared, console: Console) -> None:
    """Print the verdict, the metrics of both models, the tests and the segments."""
    first, second = (shorten(one.shown, WIDTH) for one in (compared.first, compared.second))
    found = compared.outcome
    if isinstance(found, NotComparable):
        console.print(Text(f"{first} and {second} are not comparable: ").append(shorten(found.reason), style="bold"))
        return
    console.print(_verdict(found, first, second))
    if compared.seed_noise is not None:
        console.print(_noise(found, compared.seed_noise))
    for part in (_metrics(found, first, second), _tests(found), *_segments(found)):
        console.print()
        console.print(part)


def _verdict(found: Comparison, first: str, second: str) -> Text:
    words = {"better": "is better than", "worse": "is worse than", "equivalent": "is equivalent to"}
    verdict = words.get(found.verdict, "is not significantly better or worse than")
    rows = f"{found.rows:,} common rows of {found.entities:,} entities"
    rows += f" (test splits: {found.own_rows[0]:,} and {found.own_rows[1]:,} rows)"
    text = Text(f"{second} ").append(verdict, style=f"bold {COLOURS[found.verdict]}").append(f" {first} ")
    return text.append(f"by {found.main_contest.title}: {found.reason}\n", style="").append(rows, style="dim")


def _noise(found: Comparison, noise: float) -> Text:
    text = Text(f"another seed alone moves this gain by up to {noise:.4f}, 95% of the time", style="dim")
    gain = found.main_contest.gain.value
    return (
        text.append(": the gain may be due to the seed", style="yellow")
        if gain is not None and abs(gain) <= noise
        else text
    )


def _metrics(found: Comparison, first: str, second: str) -> Table:
    table = _table("metric", first, second, "gain", f"{found.confidence:.0%} interval")
    for contest in found.contests:
        style = "bold" if contest.name == found.main else ""
        cells = (_value(contest.first), _value(contest.second), _gain(contest.gain), _interval(contest.gain))
        table.add_row(contest.title, *cells, style=style)
    return table


def _tests(found: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim", collapse_padding=True)
    for column in ("test", "p", "question", "found"):
        fixed = column in ("test", "p")
        table.add_column(column, justify="right" if column == "p" else "left", no_wrap=fixed)
    for test in found.tests:
        table.add_row(test.name, _p_value(test.p_value), test.question, test.found or test.not_applicable or "")
    return table


def _segments(found: Comparison) -> Iterator[Table]:
    for segment in found.segments:
        yield _segment(segment, found)


def _segment(segment: PairedSegment, found: Comparison) -> Table:
    name = shorten(segment.column, WIDTH)
    table = _table(name, "rows", "gain", "interval", f"not worse by {found.margin:g}?")
    for level in segment.levels:
        verdict = Text(level.standing, style=STANDINGS[level.standing])
        label = "(missing)" if level.level is None else shorten(level.level, WIDTH)
        table.add_row(label, f"{level.rows:,}", _gain(level.gain), _interval(level.gain), verdict)
    if segment.omitted:
        table.caption = f"{segment.omitted} more levels"
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim", collapse_padding=True)
    table.add_column(columns[0], no_wrap=True)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _value(estimate: Estimate) -> str:
    return "n/a" if estimate.value is None else f"{estimate.value:.4f}"


def _p_value(value: float | None) -> str:
    if value is None:
        return "n/a"
    return "< 0.0001" if value < SMALL else f"{value:.4f}"


def _gain(estimate: Estimate) -> str:
    return "n/a" if estimate.value is None else f"{estimate.value:+.4f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "n/a"
    return f"{estimate.low:+.4f} … {estimate.high:+.4f}"
