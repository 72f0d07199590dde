"""The interface to model versions and runs; lineage does not know how the registry implements it."""

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
    """What was recorded with a model version or a run about its origin."""

    label: str
    """Name for display: `churn/7`, `run 1f0c…`."""
    commit: str | None
    """Full hash of the code's commit; None if it was trained outside of git."""
    dirty: bool = False
    """Whether the checkout had uncommitted changes, so that the commit alone cannot reproduce it."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Path -> DVC's hash of the outputs that were recorded with it, as in dvc.lock."""
    promoted: Sequence[Promotion] = ()
    """Oldest first."""


class Versions(Protocol):
    """Model versions and runs."""

    def find(self, text: str) -> ModelRecord | None:
        """Return what a version (`7`, `champion`, `churn/7`) or a run id names, None for another text.

        Raises:
            LockstepError: the text names several, or the registry does not answer.
        """
        ...

    def holding(self, hashes: Collection[str]) -> Sequence[ModelRecord]:
        """Return the versions that were recorded with any of these model hashes, newest first."""
        ...
