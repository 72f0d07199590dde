"""Diagnostics beyond metrics: slices, sensitive groups, largest errors, importance, contributions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lockstep.artifacts.predictions import Predictions
from lockstep.artifacts.schema import FeatureSchema
from lockstep.evaluation import segments
from lockstep.learners.spec import EXPLAINED
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import contributions, importance, mistakes, slices
from lockstep.pipeline.evaluate.assess import FurtherResults
from lockstep.pipeline.evaluate.shuffling import Predict


@dataclass(frozen=True)
class Material:
    """What the diagnostics are computed from.

    Attributes:
        schema: of the features.
        frames: `train`, `valid` and `test`.
        model: folder of the model; its digests have been checked.
        predict: the model.
        valid: predictions of the validation split.
        test: predictions of the test split.
    """

    schema: FeatureSchema
    frames: Mapping[str, pd.DataFrame]
    model: Path
    predict: Predict
    valid: Predictions
    test: Predictions


def examine(material: Material, spec: EvaluateSpec, seed: int) -> tuple[FurtherResults, pd.DataFrame]:
    """Return all diagnostics, and the points of the dependence plots."""
    schema, test = material.schema, material.frames["test"]
    worst = mistakes.worst(material.test)
    background = importance.sample(material.frames["train"], EXPLAINED, seed)
    explainer = contributions.Explainer.read(material.model, schema, background)
    sample = importance.sample(test, explainer.additive.rows if explainer else EXPLAINED, seed)
    typical, misled = (explainer.explain(rows) if explainer else None for rows in (sample, test.iloc[worst]))
    rules = slices.find(schema, material.frames["valid"], material.valid, seed)
    further = FurtherResults(
        chosen_on=len(material.frames["valid"]),
        sensitive={name: segments.groups(schema, name, test, material.frames["train"]) for name in spec.sensitive},
        slices=[(rule, slices.rows_of(rule, test)) for rule in rules],
        mistakes=mistakes.describe(material.test, worst, test, misled, schema.classes),
        explanation=importance.explain(
            schema,
            material.frames,
            material.predict,
            {} if typical is None else typical.mean_absolute(),
            spec,
            seed,
        ),
    )
    return further, contributions.dependence(typical, schema, sample)
