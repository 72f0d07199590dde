"""What every part of a review is: frozen values that JSON can hold."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen part of a review."""

    model_config = ConfigDict(frozen=True, extra="forbid")
