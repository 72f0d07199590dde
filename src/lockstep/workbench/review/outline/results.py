"""Section `Model`: metrics, segments, calibration, threshold, baselines, gates."""

from collections.abc import Iterator

from lockstep.artifacts.evaluation import Reason
from lockstep.decisions.paired.result import Comparison
from lockstep.statistics.estimate import Estimate
from lockstep.workbench.review.outline.blocks import (
    NOTHING,
    Section,
    Table,
    Text,
    code,
    counted,
    interval,
    level_name,
    line,
    number,
    signed,
    table,
    tone,
)
from lockstep.workbench.review.results import Model, Results
from lockstep.workbench.review.review import Review

FIGURES = ("roc", "pr", "calibration", "importances")
USUAL = 1000  # resamples; fewer are shown


def results(review: Review) -> Section:
    """Return the metrics of both models, with segments, tests and gates."""
    found = review.results
    if found.same:
        return Section(
            "Model", (line("No difference: both revisions have the same evaluation."),), tuple(_gates(found))
        )
    tables: list[Table] = []
    if found.comparison:
        tables += [_metrics(found.comparison)]
    tables += [_own(found.old, found.new, folded=found.comparison is not None)]
    if found.comparison:
        tables += [*_segments(found.comparison), _tests(found.comparison)]
    return Section("Model", (), (*tables, *_gates(found)), FIGURES)


def _metrics(found: Comparison) -> Table:
    made = f"#{found.confidence:.0%} interval" + (f", {found.resamples} resamples" if found.resamples < USUAL else "")
    rows = [
        (
            Text(one.title, strong=one.name == found.main),
            number(one.first.value),
            number(one.second.value),
            Text(signed(one.gain.value), tone(one.gain), strong=one.name == found.main),
            interval(one.gain),
        )
        for one in found.contests
    ]
    return table((f"on {found.rows:,} common rows", "#old", "#new", "#gain", made), rows)


def _own(old: Model | None, new: Model | None, *, folded: bool) -> Table:
    """Return each side's own evaluation, on all its test rows."""
    sides = (old, new)
    main = next((one.main for one in (new, old) if one), "main metric")
    rows = [
        ("test rows", *(number(one.rows, 0) if one else NOTHING for one in sides)),
        (main, *(_estimate(one.score if one else None) for one in sides)),
        *(
            (f"gain over {name}", *(_estimate(one.baselines.get(name) if one else None, sign=True) for one in sides))
            for name in dict.fromkeys(name for one in sides if one for name in one.baselines)
        ),
        ("calibration error", *(number(one.calibration_error if one else None) for one in sides)),
        ("calibration error by chance, 95% limit", *(number(one.calibration_chance if one else None) for one in sides)),
        ("bias", *(_estimate(one.bias if one else None, sign=True) for one in sides)),
        ("threshold", *(number(one.threshold if one else None, 3) for one in sides)),
        ("cost per row", *(_estimate(one.cost if one else None) for one in sides)),
    ]
    known = [one for one in rows if set(one[1:]) != {NOTHING}]
    fold = "Baselines, calibration and threshold" if folded else None
    return table(("each on its own test rows", "#old", "#new"), known, fold)


def _estimate(found: Estimate | None, *, sign: bool = False) -> str:
    if found is None or found.value is None:
        return NOTHING
    shown = signed(found.value) if sign else number(found.value)
    return shown if found.low is None else f"{shown} ({number(found.low)} to {number(found.high)})"


def _segments(found: Comparison) -> Iterator[Table]:
    rows = [
        (
            code(segment.column),
            code(level_name(level.level)),
            number(level.rows, 0),
            Text(signed(level.gain.value), tone(level.gain)),
            interval(level.gain),
            Text(level.standing, "bad" if level.standing == "worse" else "plain"),
        )
        for segment in found.segments
        for level in segment.levels
    ]
    if rows:
        columns = ("segment", "level", "#rows", "#gain", "#interval", f"not worse by more than {found.margin:g}?")
        yield table(columns, rows, f"Segments: {counted(len(rows), 'level')}")


def _tests(found: Comparison) -> Table:
    rows = [
        (one.name, number(one.p_value), one.question, one.found or one.not_applicable or NOTHING) for one in found.tests
    ]
    return table(("test", "#p", "question", "found"), rows, "Tests")


def _gates(found: Results) -> Iterator[Table]:
    if found.new and found.new.reasons:
        rows = [(_mark(one), one.text) for one in sorted(found.new.reasons, key=lambda one: not one.broken)]
        yield table(("result", "rule"), rows, f"Gates: {counted(len(rows), 'rule')}")


def _mark(reason: Reason) -> Text:
    if not reason.judged:
        return Text("not judged", "muted")
    return Text("failed", "bad", strong=True) if reason.broken else Text("passed", "good")
