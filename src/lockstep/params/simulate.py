"""Section `simulate`: the built-in shop."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from lockstep.core.spec import Spec


def parse_date(value: object) -> date:
    """Return a YAML date, or a text of the form 2024-01-31, as a date.

    Raises:
        ValueError: anything else.
    """
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date such as 2024-01-31") from None


class SimulateSpec(Spec):
    """How large the simulated shop is; `enabled: false` for those who bring their own tables."""

    enabled: bool = True
    """Whether the shop is made; false for those who bring their own tables."""
    customers: int = Field(4000, ge=1, le=50_000_000)
    """How many the shop has; a larger one has those of a smaller one, each with the same history."""
    months: int = Field(24, ge=1, le=120)
    """How long the shop is open, in calendar months from `start` on."""
    start: Annotated[date, BeforeValidator(parse_date)] = date(2024, 1, 1)
    """The day on which the shop opens."""
