"""What one must know before trusting the model: limits that follow from the facts, in sentences."""

from collections.abc import Iterator

from lockstep.pipeline.report.facts import Facts

SHOWN = 5  # levels named in one sentence


def limits(facts: Facts) -> list[str]:
    """Return every limit that the facts show, the gravest first."""
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
            yield f"It breaks its gate: {reason.text}."


def _leakage(facts: Facts) -> Iterator[str]:
    for alarm in facts.evaluation.explanation.alarms if facts.evaluation.explanation else ():
        yield f"Possible leakage: {alarm}"


def _overfitting(facts: Facts) -> Iterator[str]:
    learning = facts.model.learning if facts.model else None
    if learning and learning.alarm:
        yield f"It may be over-fitted: {learning.alarm}."


def _slices(facts: Facts) -> Iterator[str]:
    for one in facts.evaluation.slices:
        if one.excess.low is not None and one.excess.low > 0:
            share = one.rows / facts.evaluation.rows
            yield f"It is surely worse than elsewhere where {' and '.join(one.rule)} ({share:.0%} of the test rows)."


def _small(facts: Facts) -> Iterator[str]:
    for segment in facts.evaluation.segments:
        small = [level.level or "(missing)" for level in segment.levels if level.score.low is None]
        if small:
            more = f" and {len(small) - SHOWN} more" if len(small) > SHOWN else ""
            levels = f"{segment.column} {', '.join(small[:SHOWN])}{more}"
            yield f"How well it does for {levels} is not known: too few test rows."


def _unjudged(facts: Facts) -> Iterator[str]:
    near = facts.evaluation.explanation.near if facts.evaluation.explanation else None
    told = facts.features
    if told and not (told.origins.get("aggregate") and any(split.cutoffs for split in told.splits)):
        return  # where no feature is made of events, none was dated too early
    for reason in near.not_applicable if near else ():
        yield f"Whether events dated too early leak the answer was not judged for all features: {reason}."


def _unknown(facts: Facts) -> Iterator[str]:
    for name, rows in facts.evaluation.unknown.items():
        share = rows / facts.evaluation.rows
        yield f"{share:.1%} of the test rows hold a level of {name} that training did not see; it counts as missing."


def _unmeasured(facts: Facts) -> Iterator[str]:
    if facts.evaluation.kind.has_threshold and not facts.evaluation.fairness:
        yield "Fairness was not measured: no sensitive columns are declared."
    if facts.drift is None or not facts.drift.applicable:
        yield "Whether today's rows are like those it learnt from was not measured."
    elif facts.drift.drifted:
        yield f"Today's rows are not like those it learnt from: {facts.drift.reasons[0]}."


def _always(facts: Facts) -> Iterator[str]:
    tested = next((split for split in facts.features.splits if split.name == "test"), None) if facts.features else None
    if tested is not None and tested.cutoffs:
        span = " to ".join(sorted({tested.cutoffs[0], tested.cutoffs[-1]}))
        yield f"It was tested on the cutoffs {span} alone; how long that holds is not known."
    yield "It tells what goes together, not what causes what: acting on a feature need not change the outcome."
