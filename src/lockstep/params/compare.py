"""Section `compare`: when a difference between two models matters."""

from pydantic import Field

from lockstep.core.spec import Spec


class CompareSpec(Spec):
    """How `lockstep compare` judges; by the main metric, in its own unit."""

    min_effect: float = Field(0.0, ge=0)
    """A gain of the main metric that is smaller does not matter."""
    margin: float = Field(0.02, ge=0)
    """How much worse, by the main metric, the second model may be in a segment and still count as not worse."""
