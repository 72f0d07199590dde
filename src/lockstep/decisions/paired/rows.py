"""The rows that are in the test splits of two models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lockstep.artifacts.predictions import MODEL, SEGMENT, Predictions
from lockstep.artifacts.schema import CUTOFF, LABEL
from lockstep.decisions.paired.result import NotComparable
from lockstep.evaluation.segments import Group, by_level
from lockstep.statistics.weighted import Floats

FIRST = "first"
MODEL_ = f"{MODEL}_"
LEAST_ROWS = 30  # fewer rows: the interval would be meaningless


@dataclass(frozen=True)
class Scored:
    """The predictions of one model.

    Attributes:
        frame: as in predictions.parquet: key, cutoff if any, label, `model_...` columns, `segment_...` columns.
        task: name of the task.
        threshold: the model's decision threshold; None unless the task is binary.
    """

    frame: pd.DataFrame
    task: str
    threshold: float | None

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row, the entity first."""
        return [str(self.frame.columns[0]), *([CUTOFF] if CUTOFF in self.frame else [])]

    def columns(self, start: str) -> list[str]:
        """Return the columns with this prefix, without the key."""
        return [str(name) for name in self.frame.columns[len(self.keys) :] if str(name).startswith(start)]


@dataclass(frozen=True)
class Pair:
    """The common rows of two models; the second model is named `model`, the first one `first`.

    Attributes:
        predictions: of both models, on the common rows.
        groups: segment that both declare -> its levels, as in the second.
        rows: of the first and of the second model, before they are joined.
    """

    predictions: Predictions
    groups: dict[str, Sequence[Group]]
    rows: tuple[int, int]

    @property
    def whole(self) -> bool:
        """Whether every row of the second model is common."""
        return len(self.predictions.label) == self.rows[1]


def pair(first: Scored, second: Scored) -> Pair | NotComparable:
    """Return the common rows, or why the models cannot be compared on them."""
    if reason := _different(first, second):
        return NotComparable(reason=reason)
    keys = second.keys
    joined = second.frame.merge(first.frame, on=keys, suffixes=("", "_of_first"), validate="one_to_one")
    if len(joined) < LEAST_ROWS:
        few = f"{len(joined)} rows are in both test splits; at least {LEAST_ROWS} are needed"
        return NotComparable(reason=few + _spans(first, second))
    changed = int((joined[LABEL] != joined[f"{LABEL}_of_first"]).sum())
    if changed:
        return NotComparable(
            reason=f"{changed:,} of the {len(joined):,} common rows have different labels: data or label changed"
        )
    thresholds = {} if second.threshold is None else {MODEL: second.threshold}
    thresholds |= {} if first.threshold is None else {FIRST: first.threshold}
    predictions = Predictions(
        task=second.task,
        keys=joined[keys[0]].to_numpy(),
        cutoffs=joined[CUTOFF].to_numpy() if CUTOFF in keys else None,
        label=joined[LABEL].to_numpy(dtype=float),
        by={MODEL: _values(joined, second, ""), FIRST: _values(joined, first, "_of_first")},
        thresholds=thresholds,
    )
    shared = [name for name in second.columns(SEGMENT) if name in first.columns(SEGMENT)]
    groups: dict[str, Sequence[Group]] = {
        name.removeprefix(SEGMENT): by_level(joined[name].to_numpy(object)) for name in shared
    }
    return Pair(predictions, groups, (len(first.frame), len(second.frame)))


def _different(first: Scored, second: Scored) -> str | None:
    if first.task != second.task:
        return f"the task changed from {first.task} to {second.task}"
    if first.keys != second.keys:
        names = [" and ".join(tested.keys) for tested in (first, second)]
        return f"the key of a row changed from {names[0]} to {names[1]}"
    if first.frame[first.keys[0]].dtype.kind != second.frame[second.keys[0]].dtype.kind:
        return f"the type of the key {first.keys[0]} changed"
    if first.columns(MODEL_) != second.columns(MODEL_):
        return "the classes differ"
    for which, tested in (("first", first), ("second", second)):
        if tested.frame.duplicated(tested.keys).any():
            return f"the {which} has several rows with the same {' and '.join(tested.keys)}"
    return None


def _values(joined: pd.DataFrame, own: Scored, suffix: str) -> Floats:
    """Return (n,) or (n, classes): the predictions in the columns with this suffix."""
    values = joined[[f"{name}{suffix}" for name in own.columns(MODEL_)]].to_numpy(dtype=np.float64)
    return values[:, 0] if values.shape[1] == 1 else values


def _spans(first: Scored, second: Scored) -> str:
    if CUTOFF not in second.frame:
        return ": the split changed"
    texts = [
        f"{tested.frame[CUTOFF].min():%Y-%m-%d} to {tested.frame[CUTOFF].max():%Y-%m-%d}" for tested in (first, second)
    ]
    return f": the cutoffs are {texts[0]} in the first, {texts[1]} in the second"
