"""The length of a text: what its drift is measured by."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.pipeline.drift.counts import Floats

WORD = r"\S+"


def number_of_words(texts: Any) -> Floats:
    """Return how many words each text has, (n,); NaN for a null.

    An empty form, a cut-off field, another language or a pasted log show in it; another topic at the same length does
    not.

    Args:
        texts: a pyarrow array or a sequence of texts and nulls, (n,).
    """
    array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.string())
    counts = pc.count_substring_regex(array.cast(pa.string()), pattern=WORD)
    return np.asarray(pc.cast(counts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
