"""The seam to whatever keeps model versions and runs: lineage asks it, and knows nothing of how it answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Promotion:
    """Who gave a version an alias, when (ISO 8601), and why."""

    when: str
    who: str
    alias: str
    why: str = ""


@dataclass(frozen=True)
class ModelRecord:
    """What a model version or a run says of where it comes from."""

    label: str
    """What a reader calls it: `churn/7`, `run 1f0c…`."""
    commit: str | None
    """Full hash of the code's commit; None where it was made outside of git."""
    dirty: bool = False
    """Whether the checkout held changes that the commit lacks, so that the commit alone cannot make it again."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Path -> DVC's hash of what was recorded with it, as in dvc.lock."""
    promoted: Sequence[Promotion] = ()
    """Oldest first."""


class Versions(Protocol):
    """Model versions and runs."""

    def find(self, text: str) -> ModelRecord | None:
        """Return what a version (`7`, `champion`, `churn/7`) or a run id names, None for another text.

        Raises:
            LockstepError: the text names several, or the registry cannot be asked.
        """
        ...

    def holding(self, hashes: Collection[str]) -> Sequence[ModelRecord]:
        """Return the versions that were recorded with any of some hashes of models, newest first."""
        ...


class NoVersions:
    """A project that registers no models."""

    def find(self, text: str) -> ModelRecord | None:  # noqa: ARG002 # the protocol's
        """Return None."""
        return None

    def holding(self, hashes: Collection[str]) -> Sequence[ModelRecord]:  # noqa: ARG002 # the protocol's
        """Return nothing."""
        return ()
