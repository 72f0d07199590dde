"""Whether features that were built anew are those that a model was made for."""

from collections.abc import Iterator
from pathlib import Path

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError, closest

STORED = {"number": "float64", "boolean": "float64", "category": "text", "text": "text"}
"""Kind -> what the file holds. How the model takes it is in its own schema, so a column that was one of many levels
and is now taken for words still fits."""


def check_fits(wanted: FeatureSchema, found: FeatureSchema, where: Path) -> None:
    """Prove that a feature directory has every column that a model wants, as the type that it wants.

    Args:
        wanted: the model's schema.
        found: that of the directory; it may have more features.
        where: the directory, for the message.

    Raises:
        LockstepError: with one line per column that does not fit.
    """
    faults = list(_faults(wanted, found))
    if faults:
        raise LockstepError(f"{where}: not the features that the model was made for", faults)


def _faults(wanted: FeatureSchema, found: FeatureSchema) -> Iterator[str]:
    if wanted.key != found.key:
        yield f"the entity is {found.key!r}, that of the model {wanted.key!r}"
    if wanted.cutoff is not None and found.cutoff is None:
        yield f"column {wanted.cutoff!r}: missing"
    kinds = {feature.name: feature.kind for feature in found.features}
    for feature in wanted.features:
        kind = kinds.get(feature.name)
        if kind is None:
            yield f"feature {feature.name!r}: missing{closest(feature.name, kinds)}"
        elif STORED[kind] != STORED[feature.kind]:
            yield f"feature {feature.name!r}: a {kind}, where the model wants a {feature.kind}"
