"""Section `retrain`: guard rails of retraining, and what happens to its model."""

from typing import ClassVar, Literal

from pydantic import Field

from lockstep.core.spec import Duration, Spec


class RetrainSpec(Spec):
    """When a retraining may run, and what happens to a model that it recommends."""

    moved: ClassVar = {"margin": "promote.margin"}

    mode: Literal["enabled", "dry_run", "disabled"] = "enabled"
    """disabled: no retraining runs; dry_run: it reports its decision, but leaves no branch and pushes nothing."""
    cooldown: Duration | None = None
    """Minimum distance between the as_of of two retrainings; empty: none."""
    min_new_rows: int = Field(1, ge=0)
    """Event rows that the source must have gained since the champion's as_of."""
    promotion: Literal["enabled", "dry_run", "disabled"] = "disabled"
    """enabled: register a recommended model, then promote it; dry_run: register it, and only report the decision."""
    push: bool = False
    """Push the new branch to the git remote of the current branch; data go to DVC's default remote if there is one."""
