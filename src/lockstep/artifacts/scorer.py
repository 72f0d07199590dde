"""The scorer: a model with its threshold; it scores rows of features, or entities from their events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from lockstep.artifacts.bundle import SIGNATURE, Model
from lockstep.artifacts.predictions import rounded
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import read_json, read_model, sha256

if TYPE_CHECKING:
    from lockstep.artifacts.definition import Definition

DECISION = "decision.json"
Floats = NDArray[np.float64]


class FeatureSource(Protocol):
    """Where features of entities come from: tables of events (`pipeline.features.entities`), or an online store."""

    @property
    def definition(self) -> "Definition":
        """What the source computes."""

    def features(self, entities: Sequence[Any], at: datetime | None) -> pd.DataFrame:
        """Return `entity` and the features of those entities that are known at `at`, in any order."""


class PinnedDecision(BaseModel):
    """The content of decision.json: the threshold of one model."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: str
    """SHA-256 of the model's signature."""
    threshold: float
    rule: Literal["cost", "f1", "fixed"]
    costs: dict[str, float]


@dataclass(frozen=True)
class EntityScores:
    """Scores of entities, in the requested order."""

    entities: tuple[Any, ...]
    scores: Floats
    """(n,), or (n, classes) where there are more than two; see `Scorer.score`."""
    unknown: tuple[Any, ...]
    """Requested entities that are not known at the cutoff."""


@dataclass(frozen=True)
class Scorer:
    """A model with its feature definition and its threshold; both are checked to belong to the model."""

    model: Model
    digest: str
    """SHA-256 of the model's signature, which holds the digests of all its files."""
    definition: "Definition | None" = None
    threshold: float | None = None

    @classmethod
    def load(cls, model: Path, definition: "Definition | None" = None, evaluation: Path | None = None) -> "Scorer":
        """Return the scorer of a model.

        Args:
            model: directory of the model.
            definition: of the model's features; needed to score entities.
            evaluation: directory of the model's evaluation; needed for the threshold of a binary task.

        Raises:
            LockstepError: a file is missing, differs from its digest, or belongs to another model.
        """
        loaded, digest = Model.load(model), sha256(model / SIGNATURE)
        return cls(
            loaded,
            digest,
            definition and _checked(definition, loaded.signature.definition, model),
            _threshold(evaluation / DECISION, digest) if evaluation else None,
        )

    @property
    def schema(self) -> FeatureSchema:
        """The features that the model takes."""
        return self.model.signature.features

    def score(self, frame: pd.DataFrame) -> Floats:
        """Return P(1) or the number, (n,), or the probabilities of the classes, (n, k), rounded as in all files.

        Raises:
            LockstepError: the frame lacks features.
        """
        return rounded(self.model.signature.output, self.model.predict(frame))

    def score_entities(self, source: FeatureSource, entities: Sequence[Any], at: datetime | None) -> EntityScores:
        """Return the scores of entities, whose features the source computes from events before `at`.

        Args:
            source: must compute the features of the model's definition.
            entities: keys; repeated ones count once.
            at: the cutoff; None for a flat table.

        Raises:
            LockstepError: the scorer has no definition, the source has another one, or the source fails.
        """
        if self.definition is None:
            raise LockstepError("the scorer has no feature definition; expected Scorer.load(..., definition=...)")
        if source.definition != self.definition:
            raise LockstepError("the source computes other features than the model was trained on")
        found = source.features(list(dict.fromkeys(entities)), at).set_index("entity")
        known = [entity for entity in dict.fromkeys(entities) if entity in found.index]
        unknown = tuple(entity for entity in dict.fromkeys(entities) if entity not in found.index)
        return EntityScores(tuple(known), self.score(found.loc[known]), unknown)

    def positive(self, scores: Floats) -> NDArray[np.bool_]:
        """Return which scores (n,) are predicted positive: those at or above the threshold.

        Raises:
            LockstepError: there is no threshold.
        """
        if self.threshold is None:
            raise LockstepError("the scorer has no threshold: the task is not binary, or it was loaded without one")
        return scores >= self.threshold


def _checked(definition: "Definition", pinned: str | None, model: Path) -> "Definition":
    if definition.digest != pinned:
        found = f"expected SHA-256 {pinned[:12]}…, found {definition.digest[:12]}…" if pinned else "it has none"
        raise LockstepError(f"{model}: trained on features of another definition: {found}")
    return definition


def _threshold(path: Path, digest: str) -> float | None:
    if read_json(path) is None:  # not a binary task
        return None
    decision = read_model(PinnedDecision, path)
    if decision.model != digest:
        raise LockstepError(f"{path}: the decision belongs to another model; run `dvc repro evaluate`")
    return decision.threshold
