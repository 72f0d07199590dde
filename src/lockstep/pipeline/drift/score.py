"""The predicted score as one more series."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.pipeline.drift.comparison import Series

NAME = "score"


def reference_rows(test: pa.Table, cutoff: str | None) -> pa.Table:
    """Return the rows whose scores today's are compared with: those of the newest test snapshot.

    Not the training rows, which the features are compared with: a model is more certain of rows it was
    fitted to, so that its scores there differ from those of any new row, drift or none. Nor the
    validation rows, by which the rounds were chosen. Of several test snapshots the newest: one
    row an entity, so that rows are independent, and the population of one cutoff, as today's is.
    A flat table has no cutoff: all its test rows.
    """
    if cutoff is None or test.num_rows == 0:
        return test
    column = test.column(cutoff)
    return test.filter(pc.equal(column, pc.max(column)))


def score_series(
    scores: npt.NDArray[np.float64], classes: Sequence[str] | None
) -> tuple[Series, npt.NDArray[np.float64] | pa.Array]:
    """Return the series for a model's output, and its values.

    A probability or a number is compared as it is. Of several classes' probabilities, shape
    (n, k), the most probable class is taken: decisions depend on it, and a shift from one class
    to another may leave the greatest probability, the alternative, unchanged.
    """
    if classes is None:
        return Series(NAME, "number"), scores
    names = np.asarray(classes, dtype=object)
    return Series(NAME, "category"), pa.array(names[scores.argmax(axis=1)], pa.string())
