"""Adversarial rows: missing values, unseen levels and words, extreme numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.artifacts.inputs import MISSING
from lockstep.artifacts.schema import FeatureSchema
from lockstep.fitting.levels import RARE

BASES = 8  # rows that are changed
LEVELS: tuple[str, ...] = ("never seen", "", " ", MISSING, RARE, "ÄÖÜ ß 漢字", "a\nb\tc", "x" * 10_000)
CONTINUED = (" ", "\x00", "\x00x")
TEXTS: tuple[str, ...] = ("", " ", "never seen", "ÄÖÜ ß 漢字 ﬁ", "a\nb\tc\x00d", "word " * 10_000, "İ K")
NUMBERS: tuple[float, ...] = (
    0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 16_777_217.0, 1e9, -1e9, 3.5e38, -3.5e38, 1e300, -1e300, np.inf, -np.inf,
)  # fmt: skip


def adversarial(frame: pd.DataFrame, schema: FeatureSchema) -> dict[str, pd.DataFrame]:
    """Return kind -> adversarial rows, made of the first rows of `frame`; a kind without rows is left out.

    First one feature is changed at a time, then all together.

    Args:
        frame: rows with the features.
        schema: of the features.
    """
    bases = frame.head(BASES)[list(schema.names)].astype(dict.fromkeys((*schema.categories, *schema.texts), object))
    bases = bases.astype(dict.fromkeys(schema.numbers, "float64"))
    made = {
        "rows with gaps": _changed(bases, schema.names, (None,)),
        "rows with unseen levels": pd.concat(
            [_changed(bases, schema.categories, LEVELS), _continued(bases, schema.categories)], ignore_index=True
        ),
        "rows with unseen words": _changed(bases, schema.texts, TEXTS),
        "rows with extreme numbers": _changed(bases, schema.numbers, NUMBERS),
    }
    return {name: rows for name, rows in made.items() if len(rows)}


def _changed(bases: pd.DataFrame, names: Sequence[str], values: Sequence[Any]) -> pd.DataFrame:
    """Return a row for each value and feature, and the bases with all features at each value."""
    if not names or bases.empty:
        return bases.head(0)
    single = bases.iloc[np.arange(len(names) * len(values)) % len(bases)].reset_index(drop=True)
    columns = {name: single[name].to_numpy(copy=True) for name in bases.columns}
    for place, name in enumerate(names):
        columns[name][place :: len(names)] = values
    dtypes = bases.dtypes.to_dict()
    together = [bases.assign(**dict.fromkeys(names, value)).astype(dtypes) for value in values]
    return pd.concat([pd.DataFrame(columns).astype(dtypes), *together], ignore_index=True)


def _continued(bases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the bases with text appended to their levels."""
    if not names:
        return bases.head(0)
    longer = [bases.assign(**{name: bases[name].astype(str) + more for name in names}) for more in CONTINUED]
    return pd.concat(longer, ignore_index=True)
