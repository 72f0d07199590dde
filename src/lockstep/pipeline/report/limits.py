"""Limits of the model for its card, derived from the facts."""

from collections.abc import Iterator

from lockstep.pipeline.report.facts import Facts

SHOWN = 5  # levels named in one sentence


def limits(facts: Facts) -> list[str]:
    """Return every limit that the facts show, the most serious first."""
    return [
        *_gate(facts),
        *_leakage(facts),
        *_overfitting(facts),
        *_slices(facts),
        *_small(facts),
        *_unjudged(facts),
        *_unknown(facts),
        *_unmeasured(facts),
        *_always(facts),
    ]


def _gate(facts: Facts) -> Iterator[str]:
    for reason in facts.evaluation.gate.reasons:
        if reason.broken:
            yield f"The gate fails: {reason.text}."


def _leakage(facts: Facts) -> Iterator[str]:
    for alarm in facts.evaluation.explanation.alarms if facts.evaluation.explanation else ():
        yield f"Possible leakage: {alarm}"


def _overfitting(facts: Facts) -> Iterator[str]:
    learning = facts.model.learning if facts.model else None
    if learning and learning.alarm:
        yield f"Possible overfitting: {learning.alarm}."


def _slices(facts: Facts) -> Iterator[str]:
    for one in facts.evaluation.slices:
        if one.excess.low is not None and one.excess.low > 0:
            share = one.rows / facts.evaluation.rows
            yield f"Significantly worse for {' and '.join(one.rule)} ({share:.0%} of the test rows)."


def _small(facts: Facts) -> Iterator[str]:
    for segment in facts.evaluation.segments:
        small = [level.level or "(missing)" for level in segment.levels if level.score.low is None]
        if small:
            more = f" and {len(small) - SHOWN} more" if len(small) > SHOWN else ""
            levels = f"{segment.column} {', '.join(small[:SHOWN])}{more}"
            yield f"Quality for {levels} is unknown: too few test rows."


def _unjudged(facts: Facts) -> Iterator[str]:
    near = facts.evaluation.explanation.near if facts.evaluation.explanation else None
    features = facts.features
    if features and not (features.origins.get("aggregate") and any(split.cutoffs for split in features.splits)):
        return  # without event aggregates there is no leakage through event times
    for reason in near.not_applicable if near else ():
        yield f"Leakage through event times that are too early is not checked for all features: {reason}."


def _unknown(facts: Facts) -> Iterator[str]:
    for name, rows in facts.evaluation.unknown.items():
        share = rows / facts.evaluation.rows
        yield f"{share:.1%} of the test rows have a level of {name} unseen in training; it counts as missing."


def _unmeasured(facts: Facts) -> Iterator[str]:
    if facts.evaluation.kind.has_threshold and not facts.evaluation.fairness:
        yield "Fairness is not measured: evaluate.sensitive names no columns."
    if facts.drift is None or not facts.drift.applicable:
        yield "Drift of the current rows is not measured."
    elif facts.drift.drifted:
        yield f"Current rows have drifted from the training rows: {facts.drift.reasons[0]}."


def _always(facts: Facts) -> Iterator[str]:
    tested = next((split for split in facts.features.splits if split.name == "test"), None) if facts.features else None
    if tested is not None and tested.cutoffs:
        span = " to ".join(sorted({tested.cutoffs[0], tested.cutoffs[-1]}))
        yield f"Tested only on the cutoffs {span}; quality at later cutoffs is unknown."
    yield "The model shows association, not causation: changing a feature may not change the outcome."
