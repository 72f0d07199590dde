"""A side's pinned predictions, validated before anything is computed from them."""

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
"""Maximum number of rows: a few bytes of Parquet can expand to more than memory holds."""
LEVELS = 500
"""Maximum number of levels of a segment: each level takes a pass over all rows."""


def predictions(store: Store, side: Side, name: str) -> "pd.DataFrame":
    """Return a side's predictions, without segments of too many levels.

    Raises:
        LeftOut: they are not available, or not valid.
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
    """Return what is wrong with the columns or the values, or None."""
    import numpy as np

    if not found.columns.is_unique:
        return "has several columns of the same name"
    models = [name for name in found if str(name).startswith(f"{MODEL}_")]
    if LABEL not in found or not models:
        return f"lacks {LABEL if LABEL not in found else 'the predictions of the model'}"
    values = found[[LABEL, *models]].to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        return "holds predictions or labels that are not finite numbers"
    return _improbable(values, len(models) if task.has_classes else 2) if task.has_probabilities else None


def _improbable(values: "npt.NDArray[np.float64]", classes: int) -> str | None:
    """Return what is wrong with labels and probabilities, (n, 1 + predictions)."""
    if ((values[:, 1:] < 0) | (values[:, 1:] > 1)).any():
        return "holds probabilities below 0 or above 1"
    if not ((values[:, 0] >= 0) & (values[:, 0] < classes) & (values[:, 0] % 1 == 0)).all():
        return f"holds labels other than 0 to {classes - 1}"
    return None
