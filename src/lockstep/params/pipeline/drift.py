"""Section `drift`: which differences between two samples count as drift."""

from pydantic import Field

from lockstep.core.spec import Many, Name, Spec


class MinEffect(Spec):
    """Least effect sizes: a significant difference that is smaller than this is not drift."""

    psi: float = Field(0.2, ge=0)
    """Population stability index of the values; 0.1 is customarily a small shift, 0.2 or 0.25 a large one."""
    missing: float = Field(0.1, ge=0)
    """Population stability index of missing or not: 0 to 3 % missing reaches 0.1, as do 1 to 7 %, and 40 to 56 %."""


class DriftSpec(Spec):
    """Tests with a controlled false discovery rate, and a least effect."""

    false_discovery_rate: float = Field(0.05, gt=0, lt=1)
    """Expected share of false alarms among the features reported as drifted; a lower rate reports fewer."""
    min_effect: MinEffect = MinEffect()
    """Least effect sizes: a significant difference that is smaller is not drift."""
    min_rows: int = Field(100, ge=30)
    """Fewer rows (or values of a feature) on either side: no verdict, which is not a pass."""
    max_drifted: int = Field(0, ge=0)
    """Number of features that may drift without a verdict of drift; drift of the score always is one."""
    ignore: Many[Name] = ()
    """Features (or `score`) whose drift is expected: measured and shown, never judged."""
