"""A side's pinned predictions, proven to be such as a model makes before anything is computed from them."""

from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.predictions import MODEL, SEGMENT
from lockstep.artifacts.schema import LABEL
from lockstep.core.manifest import read_frame
from lockstep.core.workspace import Workspace
from lockstep.tasks.registry import task
from lockstep.tasks.task import Task
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import FAULTS, LeftOut, Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FOLDER = Workspace().evaluation
PREDICTIONS = "predictions.parquet"
ROWS = 20_000_000
"""A few bytes of Parquet can stand for more rows than there is room for."""
LEVELS = 500
"""Of a segment: more are no segment, and each takes a look at every row."""


def predictions(store: Store, side: Side, name: str) -> "pd.DataFrame":
    """Return a side's predictions, without segments of more levels than one can look at.

    Raises:
        LeftOut: they cannot be had, or are not such as a model makes.
    """
    path = store.path(side, FOLDER, PREDICTIONS)
    where = f"{FOLDER / PREDICTIONS} of {side.name}"
    try:
        rows = _rows(path)
        if rows > ROWS:
            raise LeftOut(f"{where} holds {rows:,} rows; at most {ROWS:,} are read")
        found = read_frame(path)
        fault = _fault(found, task(name))
        many = [name for name in found if str(name).startswith(SEGMENT) and found[name].nunique() > LEVELS]
    except FAULTS as error:
        raise LeftOut(f"{where} cannot be read ({error})") from error
    if fault:
        raise LeftOut(f"{where} {fault}")
    return found.drop(columns=many)


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(path).metadata.num_rows)


def _fault(found: "pd.DataFrame", task: Task) -> str | None:
    """Return what is wrong: what is no number would count as one, or as none, without a word."""
    import numpy as np

    if not found.columns.is_unique:
        return "has two columns of one name"
    models = [name for name in found if str(name).startswith(f"{MODEL}_")]
    if LABEL not in found or not models:
        return f"lacks {LABEL if LABEL not in found else 'the predictions of the model'}"
    values = found[[LABEL, *models]].to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        return "holds predictions or labels that are no numbers"
    return _improbable(values, len(models) if task.has_classes else 2) if task.has_probabilities else None


def _improbable(values: "npt.NDArray[np.float64]", classes: int) -> str | None:
    """Return what is wrong with labels and probabilities, (n, 1 + predictions)."""
    if ((values[:, 1:] < 0) | (values[:, 1:] > 1)).any():
        return "holds probabilities below 0 or above 1"
    if not ((values[:, 0] >= 0) & (values[:, 0] < classes) & (values[:, 0] % 1 == 0)).all():
        return f"holds labels other than 0 to {classes - 1}"
    return None
