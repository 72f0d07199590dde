"""Small frames of features for the tests of evaluation and report."""

import numpy as np
import pandas as pd

from lockstep.artifacts.schema import Feature, FeatureSchema

SCRIPT = "<script>alert(1)</script>"
DROP = 'x"; DROP TABLE orders; --'
CLASSES = ("red", SCRIPT, DROP)
NUMBERS = ("spend", "visits")


def make_schema(task: str, *, events: bool = True) -> FeatureSchema:
    features = [Feature(name=name, kind="number", origin="aggregate") for name in NUMBERS]
    features += [Feature(name=name, kind="category", origin="attribute") for name in ("plan", SCRIPT)]
    return FeatureSchema(
        task=task,
        key="customer_id",
        cutoff="cutoff" if events else None,
        features=tuple(features),
        classes=CLASSES if task == "multiclass" else None,
    )


def make_frame(
    task: str, rows: int, seed: int, *, cutoff: str | None = "2025-01-01", strength: float = 2.0
) -> pd.DataFrame:
    """Entities 0, 1, 2, ... in that order; `strength` is how much the features say about the label."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"customer_id": np.arange(rows)})
    if cutoff:
        frame["cutoff"] = pd.Timestamp(cutoff).as_unit("us")
    frame["spend"] = rng.gamma(2, 20, rows)
    frame["visits"] = np.where(rng.random(rows) < 0.1, np.nan, rng.poisson(4, rows))
    frame["plan"] = rng.choice(["basic", "plus", DROP], rows, p=[0.5, 0.4, 0.1])
    frame[SCRIPT] = rng.choice(["a", "$b_c$", None], rows, p=[0.6, 0.3, 0.1])
    signal = strength * ((frame["spend"] - 40) / 30 + (frame["plan"] == "plus")) + rng.normal(size=rows)
    if task == "binary":
        frame["label"] = (signal > 0.8).astype(float)
    elif task == "multiclass":
        frame["label"] = np.digitize(signal, [0.0, 2.0]).astype(float)
    else:
        frame["label"] = (10 * signal).round(3)
    return frame
