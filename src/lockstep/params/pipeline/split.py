"""Section `split`: how examples are split into train, valid and test."""

from typing import Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Name, Spec


class SplitSpec(Spec):
    """By time: whole snapshots, the newest are the test split. Random and group: by a hash of the row."""

    by: Literal["time", "random", "group"]
    """time: whole snapshots, the newest are the test split; random, group: by a hash of the key or of `group`."""
    valid: int | float = Field(gt=0)
    """Size of the validation split: number of snapshots (by: time) or share of the rows (random, group)."""
    test: int | float = Field(gt=0)
    """Size of the test split: number of snapshots (by: time) or share of the rows (random, group)."""
    embargo: Duration | None = None
    """Minimum time between the last cutoff of one split and the first of the next; empty: the horizon."""
    group: Name | None = None
    """Rows with the same value of this column are in the same split."""

    @model_validator(mode="after")
    def _fits(self) -> "SplitSpec":
        if self.by == "time":
            if not (isinstance(self.valid, int) and isinstance(self.test, int)):
                raise ValueError("valid and test must be whole numbers of snapshots with by: time")
        elif self.valid + self.test >= 1:
            raise ValueError(f"valid + test must be below 1 with by: {self.by}")
        if (self.by == "group") != (self.group is not None):
            raise ValueError("`group` is required with by: group and not allowed otherwise")
        if self.embargo is not None and self.by != "time":
            raise ValueError("`embargo` is only allowed with by: time")
        return self
