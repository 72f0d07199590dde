"""Section `process`: what a table may have wrong before the run stops."""

from pydantic import Field

from lockstep.core.spec import Spec


class ProcessSpec(Spec):
    """Limits on dirt."""

    max_reject_share: float = Field(0.02, ge=0, le=1)
    """Greatest share of a table's rows that may be rejected before the run stops."""
