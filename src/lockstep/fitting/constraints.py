"""Constraints on features as constraints on the columns of a matrix."""

from collections.abc import Iterator, Sequence
from typing import Any

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError, closest
from lockstep.fitting.transformer import numbers_of, origins
from lockstep.learners.spec import Constraints
from lockstep.params.pipeline.train import ConstraintsSpec

DIRECTIONS = {"increasing": 1, "decreasing": -1}


def on_columns(spec: ConstraintsSpec, transformer: Any, schema: FeatureSchema) -> Constraints:
    """Return the constraints on features as constraints on the columns that a fitted transformer makes of them.

    A direction applies to the value of a number, not to its missing indicator.

    Raises:
        LockstepError: a constraint names no feature, or a direction one that is not a number.
    """
    faults = [*_unknown(spec, schema)]
    if faults:
        raise LockstepError(f"train.constraints: {len(faults)} fault{'s' * (len(faults) != 1)} in params.yaml", faults)
    held, made_of = numbers_of(transformer, schema), origins(transformer, schema)
    monotone = tuple(DIRECTIONS.get(spec.monotone.get(name or "", ""), 0) for name in held) if spec.monotone else ()
    return Constraints(monotone, tuple(_groups(spec, made_of)))


def _groups(spec: ConstraintsSpec, made_of: Sequence[str]) -> Iterator[tuple[int, ...]]:
    if not spec.interactions:
        return
    named = {name for group in spec.interactions for name in group}
    # Learners differ in how they treat columns without a group; here these may interact with each other.
    for group in (*spec.interactions, {name for name in made_of if name not in named}):
        columns = tuple(place for place, name in enumerate(made_of) if name in group)
        if columns:
            yield columns


def _unknown(spec: ConstraintsSpec, schema: FeatureSchema) -> Iterator[str]:
    for name in spec.monotone:
        if name not in schema.names:
            yield f"train.constraints.monotone: no feature {name!r}{closest(name, schema.names)}"
        elif name not in schema.numbers:
            yield f"train.constraints.monotone: {name!r} is not a number, so it has no direction"
    for place, group in enumerate(spec.interactions):
        for name in group:
            if name not in schema.names:
                key = f"train.constraints.interactions.{place}"
                yield f"{key}: no feature {name!r}{closest(name, schema.names)}"
