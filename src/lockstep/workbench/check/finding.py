"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One fault: by which rule, where, and what was expected there."""

    rule: str
    where: str
    expected: str


@dataclass(frozen=True)
class Skipped:
    """A rule that does not apply here, and why; that is not the same as a rule without findings."""

    rule: str
    why: str
