"""Section `monitor`: when drift has lasted long enough to act."""

from pydantic import Field, model_validator

from lockstep.core.spec import Spec


class MonitorSpec(Spec):
    """Drift lasts if `drifted` of the last `windows` windows drifted, the newest among them."""

    windows: int = Field(3, ge=1)
    """How many of the newest windows of monitoring count."""
    drifted: int = Field(2, ge=1)
    """How many of the last `windows` must have drifted, the newest among them, to raise the alarm."""

    @model_validator(mode="after")
    def _fits(self) -> "MonitorSpec":
        if self.drifted > self.windows:
            raise ValueError(
                f"drifted = {self.drifted} of windows = {self.windows} would never be reached; "
                "expected drifted <= windows"
            )
        return self
