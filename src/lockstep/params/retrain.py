"""Section `retrain`: guard rails of retraining, and what a challenger must show."""

from typing import Literal

from pydantic import Field

from lockstep.core.spec import Duration, Spec


class RetrainSpec(Spec):
    """When a retraining may run, and when it recommends its model."""

    mode: Literal["enabled", "dry_run", "disabled"] = "enabled"
    """disabled: no retraining runs; dry_run: one decides and says so, and leaves no branch, nothing pushed."""
    cooldown: Duration | None = None
    """Least distance between the as_of of two retrainings; empty: none."""
    min_new_rows: int = Field(1, ge=0)
    """Event rows that the source must have gained since the champion's as_of."""
    margin: float = Field(0.0, ge=0)
    """Of the main metric: how much worse than the champion the challenger may be, at the lower end of the interval."""
    promotion: Literal["enabled", "dry_run", "disabled"] = "disabled"
    """enabled: register what is recommended, then promote it; dry_run: register it, tell the rest."""
    push: bool = False
    """Push the branch it leaves to the remote of the branch at hand; the data go to DVC's wherever one is set."""
