"""Section `monitor`: when drift has lasted long enough to act."""

from pydantic import Field, model_validator

from lockstep.core.spec import Spec


class MonitorSpec(Spec):
    """Drift is persistent if at least `drifted` of the last `windows` windows drifted, including the newest."""

    windows: int = Field(3, ge=1)
    """Number of most recent monitoring windows to consider."""
    drifted: int = Field(2, ge=1)
    """Minimum number of drifted windows among the last `windows`, including the newest, to raise the alarm."""

    @model_validator(mode="after")
    def _fits(self) -> "MonitorSpec":
        if self.drifted > self.windows:
            raise ValueError(
                f"drifted = {self.drifted} is larger than windows = {self.windows}; expected drifted <= windows"
            )
        return self
