"""The schema of the feature files, read by every later stage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lockstep.core.errors import LockstepError, closest
from lockstep.core.files import dump_json, read_model
from lockstep.tasks.registry import TaskName

NAME = "schema.json"
DEFINITION = "definition.json"  # beside it: see `definition.py`
LABEL = "label"
CUTOFF = "cutoff"
WEIGHT = "weight"

Kind = Literal["number", "boolean", "category", "text"]
"""A number or a boolean (float64 in the file, a boolean as 0 or 1), a category or free text (text in the file); null is
missing."""


class Feature(BaseModel):
    """One column of a feature file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    origin: Literal["aggregate", "attribute", "expression", "calendar"]


class FeatureSchema(BaseModel):
    """Key, cutoff, features and label of `train`, `valid`, `test` and `current`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: TaskName
    key: str
    cutoff: str | None
    """`cutoff`, or None for a flat table."""
    features: tuple[Feature, ...]
    classes: tuple[str, ...] | None = None
    """Names of three or more classes: the label column holds the index into these."""
    last_value: str | None = None
    """The feature that is the label's measure over the horizon before the cutoff, if there is one."""
    weighted: bool = False
    """Whether labelled rows have a `weight`: a positive number, how much a row counts in training."""

    @property
    def names(self) -> tuple[str, ...]:
        """All features, in the order of the columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def categories(self) -> tuple[str, ...]:
        """The category features."""
        return tuple(feature.name for feature in self.features if feature.kind == "category")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The features that hold float64: numbers and booleans."""
        return tuple(feature.name for feature in self.features if feature.kind in ("number", "boolean"))

    @property
    def booleans(self) -> tuple[str, ...]:
        """The numbers that are booleans: 0 or 1."""
        return tuple(feature.name for feature in self.features if feature.kind == "boolean")

    @property
    def texts(self) -> tuple[str, ...]:
        """The features that are free text."""
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


STORED = {"number": "float64", "boolean": "float64", "category": "text", "text": "text"}
"""Kind -> type in the file. Categories and free text are stored alike, so that a model still fits when a category is
recognised as free text."""


def check_fits(wanted: FeatureSchema, found: FeatureSchema, where: Path) -> None:
    """Check that a feature directory has every column that a model needs, with the right type.

    Args:
        wanted: the model's schema.
        found: that of the directory; it may have more features.
        where: the directory, for the message.

    Raises:
        LockstepError: with one line per column that does not fit.
    """
    faults = list(_faults(wanted, found))
    if faults:
        raise LockstepError(f"{where}: the features do not fit the model", faults)


def _faults(wanted: FeatureSchema, found: FeatureSchema) -> Iterator[str]:
    if wanted.key != found.key:
        yield f"entity: expected {wanted.key!r}, found {found.key!r}"
    if wanted.cutoff is not None and found.cutoff is None:
        yield f"column {wanted.cutoff!r}: missing"
    kinds = {feature.name: feature.kind for feature in found.features}
    for feature in wanted.features:
        kind = kinds.get(feature.name)
        if kind is None:
            yield f"feature {feature.name!r}: missing{closest(feature.name, kinds)}"
        elif STORED[kind] != STORED[feature.kind]:
            yield f"feature {feature.name!r}: expected a {feature.kind}, found a {kind}"
