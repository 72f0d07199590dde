"""A feature directory and a model as the stages before `drift` leave them, with as much drift as a test asks for."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.artifacts.bundle import seal
from lockstep.artifacts.schema import Feature, FeatureSchema
from lockstep.core.manifest import Manifest, describe
from lockstep.core.workspace import Workspace
from lockstep.fitting.encoding import Encoding
from lockstep.fitting.training import Recipe
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget
from tests.unit.fitting.frames import make_signature

HOSTILE = 'plan"; DROP TABLE orders; --'
KINDS = {"spend": "number", "visits": "number", HOSTILE: "category", "month_sin": "number"}
AS_OF = dt.datetime(2025, 6, 30)


def make(rows: int, seed: int, month: int, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "cutoff": pd.Timestamp(2025, month, 1).as_unit("us"),
            "spend": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(shift, 1, rows)),
            "visits": rng.poisson(2, rows).astype(float),
            HOSTILE: rng.choice(["<script>", "b", "c"], rows),
            "month_sin": 0.5,
            "label": rng.integers(0, 3, rows).astype(float),
        }
    )


def make_schema(task: str, cutoff: str | None) -> FeatureSchema:
    features = tuple(
        Feature(name=name, kind=kind, origin="calendar" if name == "month_sin" else "aggregate")
        for name, kind in KINDS.items()
    )
    classes = ("a", "b", "c") if task == "multiclass" else None
    return FeatureSchema(task=task, key="id", cutoff=cutoff, features=features, classes=classes)


def prepare(
    root: Path, task: str = "binary", shift: float = 0.0, current_rows: int = 400, flat: bool = False
) -> Workspace:
    """Write features and a model as the stages before would."""
    workspace = Workspace(root)
    schema = write_features(workspace, task, shift=shift, current_rows=current_rows, flat=flat)
    rows, valid = (pd.read_parquet(workspace.features / f"{name}.parquet") for name in ("train", "valid"))
    write_model(workspace, schema, rows, valid)
    return workspace


def write_features(
    workspace: Workspace,
    task: str,
    *,
    shift: float = 0.0,
    reference_shift: float = 0.0,
    current_rows: int = 400,
    flat: bool = False,
) -> FeatureSchema:
    """Write the feature directory; the shifts move `spend` by so many standard deviations."""
    schema = make_schema(task, None if flat else "cutoff")
    frames = {
        "train": pd.concat([make(500, seed, month) for seed, month in ((1, 1), (2, 2))]),
        "valid": make(300, 3, 3),
        "test": pd.concat([make(300, 4, 4, shift=9.0), make(350, 5, 5)]),
        "reference": make(600, 1, 1, reference_shift),
        "current": make(max(current_rows, 400), 6, 6, shift).drop(columns="label").iloc[:current_rows],
    }
    workspace.features.mkdir(parents=True)
    for name, frame in frames.items():
        labelled = frame.assign(label=frame["label"] % 2) if task == "binary" and "label" in frame else frame
        kept = labelled.drop(columns="cutoff") if flat else labelled
        kept.to_parquet(workspace.features / f"{name}.parquet", index=False)
    schema.write(workspace.features)
    entries = {name: describe(workspace.features / f"{name}.parquet") for name in frames}
    Manifest(as_of=None if flat else AS_OF, tables=entries).write(workspace.features)
    return schema


def write_model(
    workspace: Workspace,
    schema: FeatureSchema,
    rows: pd.DataFrame,
    valid: pd.DataFrame,
    definition: str | None = None,
) -> None:
    """Train a linear model; its signature pins the digest of a definition of features, where one is given."""
    name, params = ("ridge", {"alpha": 1.0}) if schema.task == "regression" else ("logistic", {"C": 1.0})
    trained = Recipe(learner(name), Encoding(schema, 7), params, Budget(10, 5), 7).train(rows, valid)
    workspace.model.mkdir(parents=True)
    trained.write(workspace.model)
    seal(workspace.model, make_signature(name, schema).model_copy(update={"definition": definition}))
