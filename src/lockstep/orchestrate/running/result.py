"""What a stage's task returns: a few small strings, never data."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StageResult(BaseModel):
    """A stage that is up to date."""

    model_config = ConfigDict(frozen=True)

    stage: str
    outcome: Literal["cached", "ran", "restored", "unchanged"]
    seconds: float
    outs: dict[str, str]
    """Output -> hash, as in dvc.lock."""
