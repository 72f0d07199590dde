"""A number with its interval, or the reason why there is none."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

DECIMALS = 6  # the last bits of a float differ between processors and must not change a hash


def _rounded(value: float | None) -> float | None:
    # + 0.0 makes -0.0 a 0.0
    return None if value is None else round(value, DECIMALS) + 0.0


Rounded = Annotated[float | None, AfterValidator(_rounded)]


class Estimate(BaseModel):
    """A value with its interval; `not_applicable` is the reason if either is missing. It never counts as passed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: Rounded = None
    low: Rounded = None
    high: Rounded = None
    not_applicable: str | None = None
