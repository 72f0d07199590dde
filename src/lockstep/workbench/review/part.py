"""Base of all parts of a review: frozen, JSON-compatible values."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen part of a review."""

    model_config = ConfigDict(frozen=True, extra="forbid")
