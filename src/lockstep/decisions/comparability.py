"""Can two models be compared, and on which rows? Pure functions over small values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lockstep.core.spec import format_duration
from lockstep.decisions.paired.result import NotComparable
from lockstep.decisions.rules import Design
from lockstep.params.pipeline.problem import EventLabel


@dataclass(frozen=True)
class Cutoffs:
    """The last cutoff that a model was trained or validated on, and the first one that would test it."""

    last_learned: datetime | None
    first_tested: datetime | None


def different_designs(first: Design, second: Design) -> NotComparable | None:
    """Return why no row can test both models, or None.

    Other shares, another number of test snapshots, or another seed leave fewer common test rows, which neither model
    was trained on: those can be compared.
    """
    old, new = first.problem, second.problem
    changed = [key for key in ("task", "entity", "label") if getattr(old, key) != getattr(new, key)]
    if changed:
        return NotComparable(reason=f"they predict different things: problem.{', problem.'.join(changed)} changed")
    if (first.split.by, first.split.group) != (second.split.by, second.split.group):
        return NotComparable(
            reason=f"the split changed from {first.split.by} to {second.split.by}: "
            "one model may have been trained on the test rows of the other"
        )
    return None


def trained_on(model: Design, test: Design, cutoffs: Cutoffs) -> str | None:
    """Return why a model may have been trained on rows of another test split, or None.

    Args:
        model: of the model.
        test: of the test split.
        cutoffs: of both; not used where rows are split by a hash.
    """
    if test.split.by != "time" or model.split.by != "time":
        same = (model.split, model.seed) == (test.split, test.seed)
        return None if same else "may have been trained on test rows: the split or its seed changed"
    learned, first = cutoffs.last_learned, cutoffs.first_tested
    if learned is None or first is None:
        return "may have been trained on test rows: a manifest has no cutoffs"
    # At its last cutoff the model has seen labels of the whole horizon that follows.
    if learned < first and first - learned >= _embargo(model):
        return None
    text = f"was trained on cutoffs up to {learned:%Y-%m-%d}, but the test split begins at {first:%Y-%m-%d}"
    return text if first <= learned else f"{text}, within the embargo of {format_duration(_embargo(model))}"


def _embargo(model: Design) -> timedelta:
    label = model.problem.label
    return model.split.embargo or (label.horizon if isinstance(label, EventLabel) else timedelta(0))
