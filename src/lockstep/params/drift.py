"""Section `drift`: when a difference between two samples is worth a word."""

from pydantic import Field

from lockstep.core.spec import Many, Name, Spec


class MinEffect(Spec):
    """Least effect sizes: a difference that is certain but smaller than this is not called drift."""

    psi: float = Field(0.2, ge=0)
    """Population stability index of the values; 0.1 is customarily called a little, 0.2 or 0.25 a lot."""
    missing: float = Field(0.1, ge=0)
    """Population stability index of missing or not: 0 to 3 % missing reaches 0.1, as do 1 to 7 %, and 40 to 56 %."""


class DriftSpec(Spec):
    """Tests with a controlled false discovery rate, and a least effect."""

    false_discovery_rate: float = Field(0.05, gt=0, lt=1)
    """Share of the features called drifted that may be called so by chance; a lower one calls fewer."""
    min_effect: MinEffect = MinEffect()
    """Least effect sizes: a difference that is certain but smaller is not called drift."""
    min_rows: int = Field(100, ge=30)
    """Fewer rows (or values of a feature) on either side: no verdict, which is not a pass."""
    max_drifted: int = Field(0, ge=0)
    """Most features that may drift before the verdict is drift; drift of the score always is."""
    ignore: Many[Name] = ()
    """Features (or `score`) whose drift is expected: measured and shown, never judged."""
