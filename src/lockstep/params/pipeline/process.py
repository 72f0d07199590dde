"""Section `process`: share of rejected rows above which the run fails."""

from pydantic import Field

from lockstep.core.spec import Spec


class ProcessSpec(Spec):
    """Limits on rejected rows."""

    max_reject_share: float = Field(0.02, ge=0, le=1)
    """Share of rejected rows of a table above which the run fails."""
