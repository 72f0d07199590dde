"""Section `compare`: which differences between two models matter."""

from pydantic import Field

from lockstep.core.spec import Spec


class CompareSpec(Spec):
    """How `lockstep compare` judges, in the unit of the main metric."""

    min_effect: float = Field(0.0, ge=0)
    """Smallest gain of the main metric that matters."""
    margin: float = Field(0.02, ge=0)
    """How much worse, by the main metric, the second model may be in a segment and still count as not worse."""
