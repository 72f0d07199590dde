"""Section `promote`: when a model may replace the champion."""

from pydantic import Field

from lockstep.core.spec import Spec


class PromoteSpec(Spec):
    """The rule of `lockstep gate --champion`, `lockstep promote`, retraining and `lockstep review`."""

    margin: float = Field(0.0, ge=0)
    """How much worse than the champion a model may be, by the main metric, at the lower end of the gain's interval."""
