"""Section `simulate`: the built-in example shop."""

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
    """Size of the simulated shop; `enabled: false` if you use your own tables."""

    enabled: bool = True
    """Simulate the shop; false if you use your own tables."""
    customers: int = Field(4000, ge=1, le=50_000_000)
    """Number of customers; a larger shop contains all customers of a smaller one, with the same histories."""
    months: int = Field(24, ge=1, le=120)
    """Calendar months of history from `start`."""
    start: Annotated[date, BeforeValidator(parse_date)] = date(2024, 1, 1)
    """First day of the history."""
