"""Features as every model and every ONNX graph takes them: numbers, then categories, then texts."""

import re
import unicodedata

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import FeatureSchema

LARGEST = 1e30
"""Numbers are clipped to this magnitude; larger ones could become infinite as float32 when scaled."""
MISSING = "(missing)"
"""The level of a missing category: ONNX texts have no null."""
WORD = re.compile(r"\w+")


def to_inputs(frame: pd.DataFrame, schema: FeatureSchema) -> pd.DataFrame:
    """Return the features as every model takes them: numbers (float32), then categories, then texts.

    Trees and ONNX compare in float32, so that the native and the exported model see the same values.
    """
    with np.errstate(over="ignore"):  # infinite values are clipped below
        numbers = frame[list(schema.numbers)].to_numpy(np.float32, na_value=np.nan)
    np.clip(numbers, -LARGEST, LARGEST, out=numbers)
    categories = frame[list(schema.categories)].astype("object").fillna(MISSING).astype(str).astype("object")
    texts = frame[list(schema.texts)].astype("object").fillna("").astype(str).map(normal).astype("object")
    table = pd.DataFrame(numbers, index=frame.index, columns=list(schema.numbers))
    return pd.concat([table, categories, texts], axis=1)


def normal(text: str) -> str:
    """Return the words of a text in lower case with a space between them.

    Python does all that depends on the alphabet. The graph only splits at spaces, because letters in ONNX Runtime
    depend on the machine's locale.
    """
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).lower()))
