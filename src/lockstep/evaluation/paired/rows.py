"""The rows that are in the test splits of two models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lockstep.artifacts.predictions import MODEL, SEGMENT, Predictions
from lockstep.artifacts.schema import CUTOFF, LABEL
from lockstep.evaluation.segments import Group, by_level
from lockstep.statistics.weighted import Floats

FIRST = "first"
MODEL_ = f"{MODEL}_"
LEAST_ROWS = 30  # a comparison on fewer rows is unreliable


@dataclass(frozen=True)
class Scored:
    """One model's predictions.parquet, and what is needed to read it.

    Attributes:
        frame: key, cutoff if any, label, `model_...` columns, `segment_...` columns.
        task: name of the task.
        threshold: of the model; None for tasks without threshold.
    """

    frame: pd.DataFrame
    task: str
    threshold: float | None

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row: the entity first."""
        return [str(self.frame.columns[0]), *([CUTOFF] if CUTOFF in self.frame else [])]

    def columns(self, start: str) -> list[str]:
        """Return the columns with this prefix, without those that identify a row."""
        return [str(name) for name in self.frame.columns[len(self.keys) :] if str(name).startswith(start)]


@dataclass(frozen=True)
class Pair:
    """Rows of both test splits: the second model is `model`, the first one `first`.

    Attributes:
        predictions: of both models.
        groups: segment that both declare -> its levels in the second model.
        rows: number of rows of each model's own test split.
    """

    predictions: Predictions
    groups: dict[str, Sequence[Group]]
    rows: tuple[int, int]


def pair(first: Scored, second: Scored) -> Pair | str:
    """Return the common rows, or the reason why the models cannot be compared."""
    reason = _different(first, second)
    if reason:
        return reason
    keys = second.keys
    joined = second.frame.merge(first.frame, on=keys, suffixes=("", "_of_first"), validate="one_to_one")
    if len(joined) < LEAST_ROWS:
        return f"{len(joined)} rows are in both test splits; at least {LEAST_ROWS} are needed{_spans(first, second)}"
    changed = int((joined[LABEL] != joined[f"{LABEL}_of_first"]).sum())
    if changed:
        return f"{changed:,} of the {len(joined):,} common rows have another label: the data or the question changed"
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
        return f"the task of the first is {first.task}, that of the second is {second.task}"
    if first.keys != second.keys:
        names = [" and ".join(tested.keys) for tested in (first, second)]
        return f"the rows of the first are identified by {names[0]}, those of the second by {names[1]}"
    if first.frame[first.keys[0]].dtype.kind != second.frame[second.keys[0]].dtype.kind:
        return f"the key {first.keys[0]} is of another type"
    if first.columns(MODEL_) != second.columns(MODEL_):
        return "the classes differ"
    for which, tested in (("first", first), ("second", second)):
        if tested.frame.duplicated(tested.keys).any():
            return f"the {which} has several rows of one {' and '.join(tested.keys)}"
    return None


def _values(joined: pd.DataFrame, own: Scored, suffix: str) -> Floats:
    """Return (n,) or (n, classes): the columns of one model, which have a suffix if both models have them."""
    values = joined[[f"{name}{suffix}" for name in own.columns(MODEL_)]].to_numpy(dtype=np.float64)
    return values[:, 0] if values.shape[1] == 1 else values


def _spans(first: Scored, second: Scored) -> str:
    if CUTOFF not in second.frame:
        return ": the split changed"
    texts = [
        f"{tested.frame[CUTOFF].min():%Y-%m-%d} to {tested.frame[CUTOFF].max():%Y-%m-%d}" for tested in (first, second)
    ]
    return f": the cutoffs are {texts[0]} in the first, {texts[1]} in the second"
