"""A small feature directory per task, as the stage `features` writes it."""

import numpy as np
import pandas as pd

from lockstep.artifacts.bundle import Signature
from lockstep.artifacts.schema import CUTOFF, LABEL, Feature, FeatureSchema

HOSTILE = 'x"; DROP TABLE orders; --'


def make_frame(task: str, rows: int = 900, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            CUTOFF: pd.to_datetime("2024-01-31") + pd.to_timedelta(rng.integers(0, 5, rows) * 31, unit="D"),
            "spend": np.where(rng.random(rows) < 0.1, np.nan, rng.gamma(2, 20, rows)),
            "visits": rng.poisson(3, rows).astype(float),
            "empty": np.nan,
            "vip": rng.choice([0.0, 1.0, np.nan], rows),
            HOSTILE: rng.choice(["a", "b", HOSTILE, None], rows),
            "city": rng.integers(0, 60, rows).astype(str),
            "note": [_note(rng) for _ in range(rows)],
        }
    )
    signal = 0.03 * frame["spend"].fillna(0) - 0.5 * frame["visits"] + (frame[HOSTILE] == "a") + rng.normal(size=rows)
    signal += frame["note"].str.contains("teuer", case=False, na=False)
    if task == "binary":
        label = (signal > signal.median()).astype(float)
    elif task == "multiclass":
        label = pd.qcut(signal, 3, labels=False).astype(float)
    else:
        label = 100 * signal
    return frame.assign(**{LABEL: label})


def _note(rng: np.random.Generator) -> str | None:
    """Return a few words, now and then none at all."""
    words = rng.choice(["Lieferung", "zu spät", "TEUER", "nett", "größer", "null"], rng.integers(0, 6))
    return ", ".join(words) if rng.random() > 0.05 else None


def make_schema(task: str) -> FeatureSchema:
    kinds = {
        "spend": "number",
        "visits": "number",
        "empty": "number",
        "vip": "boolean",
        HOSTILE: "category",
        "city": "category",
        "note": "text",
    }
    return FeatureSchema(
        task=task,
        key="id",
        cutoff=CUTOFF,
        features=tuple(Feature(name=name, kind=kind, origin="attribute") for name, kind in kinds.items()),
        classes=("high", "low", "mid") if task == "multiclass" else None,
    )


def make_signature(estimator: str, schema: FeatureSchema) -> Signature:
    """Return a signature that says the least."""
    return Signature(
        estimator=estimator,
        params={},
        rounds=None,
        calibration="none",
        features=schema,
        levels={},
        spans={},
        parity=1e-5,
        data={},
        digests={},
    )
