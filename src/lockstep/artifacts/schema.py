"""What the columns of a feature file mean: written beside it, read by every later stage."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lockstep.core.files import dump_json, read_model

NAME = "schema.json"
LABEL = "label"
CUTOFF = "cutoff"
WEIGHT = "weight"

Kind = Literal["number", "boolean", "category", "text"]
"""A number or a truth (float64 in the file, a truth 0 or 1), one of few or many levels, words (text in the file);
null is missing."""


class Feature(BaseModel):
    """One column of a feature file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    origin: Literal["aggregate", "attribute", "expression", "calendar"]


class FeatureSchema(BaseModel):
    """Key, cutoff, features and label of `train`, `valid`, `test` and `current`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["binary", "multiclass", "regression"]
    key: str
    cutoff: str | None
    """`cutoff`, or None for a flat table."""
    features: tuple[Feature, ...]
    classes: tuple[str, ...] | None = None
    """Multiclass: the label column holds the index into these."""
    last_value: str | None = None
    """The feature that measures the horizon before the cutoff as the label measures the one after it, if any does."""
    weighted: bool = False
    """Rows that have a label have a `weight` too: a positive number that says how much one counts in training."""

    @property
    def names(self) -> tuple[str, ...]:
        """All features, in the order of the columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def categories(self) -> tuple[str, ...]:
        """The features that are one of several levels."""
        return tuple(feature.name for feature in self.features if feature.kind == "category")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The features that hold float64: numbers and truths."""
        return tuple(feature.name for feature in self.features if feature.kind in ("number", "boolean"))

    @property
    def booleans(self) -> tuple[str, ...]:
        """The numbers that are truths: 0 or 1."""
        return tuple(feature.name for feature in self.features if feature.kind == "boolean")

    @property
    def texts(self) -> tuple[str, ...]:
        """The features that are made of words."""
        return tuple(feature.name for feature in self.features if feature.kind == "text")

    def write(self, directory: Path) -> None:
        """Write `schema.json`; call it inside `files.whole_directory`."""
        (directory / NAME).write_text(dump_json(self.model_dump(mode="json")), encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> "FeatureSchema":
        """Return the schema of `directory`.

        Raises:
            LockstepError: it is missing or damaged.
        """
        return read_model(cls, directory / NAME)
