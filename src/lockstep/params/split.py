"""Section `split`: how examples are divided into train, valid and test."""

from typing import Literal

from pydantic import Field, model_validator

from lockstep.core.spec import Duration, Name, Spec


class SplitSpec(Spec):
    """By time: whole snapshots, the newest are the test. Random, group: by a hash of the row."""

    by: Literal["time", "random", "group"]
    """time: whole snapshots, the newest are the test; random, group: by a hash of the key or of `group`."""
    valid: int | float = Field(gt=0)
    """Size of the validation split: snapshots (by time) or a share of the rows (else)."""
    test: int | float = Field(gt=0)
    """Size of the test split: snapshots (by time) or a share of the rows (else)."""
    embargo: Duration | None = None
    """Least distance between the last cutoff of one split and the first of the next; empty: the horizon."""
    group: Name | None = None
    """Column whose rows stay together in one split."""

    @model_validator(mode="after")
    def _fits(self) -> "SplitSpec":
        if self.by == "time":
            if not (isinstance(self.valid, int) and isinstance(self.test, int)):
                raise ValueError("by time, valid and test are whole numbers of snapshots")
        elif self.valid + self.test >= 1:
            raise ValueError(f"by {self.by}, valid and test are shares that leave something to train on")
        if (self.by == "group") != (self.group is not None):
            raise ValueError("`group` goes with by: group, and only with it")
        if self.embargo is not None and self.by != "time":
            raise ValueError("`embargo` goes with by: time")
        return self
