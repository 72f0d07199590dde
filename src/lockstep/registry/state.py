"""What a ledger and MLflow say at one instant: a decision is taken on both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags
from lockstep.registry import replay
from lockstep.registry.ledger import Entry
from lockstep.registry.version import CHAMPION, Version


@dataclass(frozen=True)
class State:
    """The entries of a model, oldest first, and its aliases while these were all."""

    entries: Sequence[Entry]
    aliases: Mapping[str, int]

    @property
    def champion(self) -> int | None:
        """The version that the ledger calls champion."""
        return replay.champion(self.entries)

    @property
    def moved_by_hand(self) -> int | None:
        """The version that MLflow calls champion although the ledger names another one, 0 for none of them."""
        alias = self.aliases.get(CHAMPION)
        return None if alias == self.champion else alias or 0

    def check_kept(self, version: Version) -> None:
        """Prove that a version is still what it was when anything was decided about it.

        Raises:
            LockstepError: its tag was changed since.
        """
        known = {one.version_digest for one in self.entries if one.version_to == version.number}
        if known and known != {version.tag(tags.MODEL)}:
            raise LockstepError(f"{version}: refused: its tag {tags.MODEL} is not what the ledger has of it")

    def check(self, model: str) -> None:
        """Prove that nobody moved the alias without writing it down.

        Raises:
            LockstepError: somebody did; what they meant is not overwritten.
        """
        moved, known = self.moved_by_hand, self.champion
        if moved is None:
            return
        there = f"version {moved}" if moved else "no version"
        raise LockstepError(
            f"{model}: the alias champion is at {there}, but the ledger says {known or 'none'}: moved by hand",
            [
                f"`lockstep rollback --to {known}` puts it back" if known else "take the alias away in MLflow",
                "`lockstep promote --version N --force --reason TEXT` writes down what was meant",
            ],
        )
