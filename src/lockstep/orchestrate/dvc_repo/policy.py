"""Retries and time limit of a stage: its `meta:` in dvc.yaml."""

import difflib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lockstep.core.errors import LockstepError, closest
from lockstep.core.spec import Spec, parse, parse_duration

LIKENESS = 0.65  # share of the letters of two words that are the same and in the same order


def _delay(value: Any) -> Any:
    """Seconds too: a delay may be shorter than the minutes, hours and days of params.yaml."""
    if isinstance(value, str) and value.endswith("s") and value[:-1].isdigit():
        return timedelta(seconds=int(value[:-1]))
    return parse_duration(value)


Delay = Annotated[timedelta, BeforeValidator(_delay)]


class Policy(Spec):
    """Retries of one stage; without `meta:` a stage is tried once, without a time limit."""

    retries: int = Field(default=0, ge=0, le=100)
    retry_delay: Delay = timedelta(seconds=10)
    jitter: float = Field(default=0.5, ge=0)
    """Share of the delay by which it varies at random, so that stages do not all retry at the same time."""
    timeout: Delay | None = None


def policy(stage: str, meta: Any) -> Policy:
    """Return what `meta` says; other keys are the user's own, unless they look like a typing error.

    Raises:
        LockstepError: a value that is out of range, or a key that is almost one of ours.
    """
    if meta is None:
        return Policy()
    where = f"dvc.yaml: stages.{stage}.meta"
    if not isinstance(meta, dict):
        raise LockstepError(f"{where}: expected a mapping, got {type(meta).__name__}")
    slips = [key for key in map(str, meta) if key not in Policy.model_fields and _is_slip(key)]
    if slips:
        raise LockstepError(f"{where}: unknown key", [f"{key}{closest(key, Policy.model_fields)}" for key in slips])
    return parse(Policy, {key: meta[key] for key in Policy.model_fields if key in meta}, Path(where))


def _is_slip(key: str) -> bool:
    """`retires` and `retry` are, the user's own `ticket` is not, although it looks a little like `timeout`."""
    return bool(difflib.get_close_matches(key, Policy.model_fields, cutoff=LIKENESS))
