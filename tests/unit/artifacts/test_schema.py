"""Recomputed features fit a model if its columns exist with the right types."""

from pathlib import Path

import pytest

from lockstep.artifacts.schema import Feature, FeatureSchema, Kind, check_fits
from lockstep.core.errors import LockstepError


def schema(**kinds: Kind) -> FeatureSchema:
    features = tuple(Feature(name=name, kind=kind, origin="attribute") for name, kind in kinds.items())
    return FeatureSchema(task="binary", key="id", cutoff=None, features=features)


@pytest.mark.parametrize(("wanted", "found"), [("category", "text"), ("text", "category"), ("number", "boolean")])
def test_a_column_that_is_now_taken_for_another_kind_of_the_same_bytes_fits(wanted: Kind, found: Kind) -> None:
    """The model takes it as its own schema says: a rule of thumb that turns must not stop the scoring."""
    check_fits(schema(note=wanted), schema(note=found, more="number"), Path("features"))


@pytest.mark.parametrize(("wanted", "found"), [("category", "number"), ("boolean", "text"), ("number", "category")])
def test_a_column_that_holds_something_else_does_not(wanted: Kind, found: Kind) -> None:
    with pytest.raises(LockstepError, match=f"feature 'note': expected a {wanted}, found a {found}"):
        check_fits(schema(note=wanted), schema(note=found), Path("features"))
