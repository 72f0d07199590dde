"""Kind of decision of each key of params.yaml, and warnings for the reviewer."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "data",
    "data window",
    "label definition",
    "feature",
    "split or seed",
    "model",
    "search",
    "threshold",
    "gate",
    "operations",
    "unknown",
]

Alarm = Literal["comparability", "leakage", "rule"]


@dataclass(frozen=True)
class Caution:
    """A warning for the reviewer."""

    alarm: Alarm
    text: str


PROBLEM = Caution("comparability", "different prediction problem: old and new results are not comparable")
ROWS = Caution("comparability", "different test rows: only common rows are compared")
TIME = Caution("comparability", "different test rows if the split is by time: only common rows are compared")
SEED = Caution("comparability", "different folds and resamples, and different test rows if the split is random")
LEAK = Caution("leakage", "check that it is known before the cutoff and not derived from the label")
DATES = Caution("leakage", "sets the time of rows: check that no row is dated before it is known")
EMBARGO = Caution("leakage", "if it is shorter than the horizon, labels of one split leak into the next")
RULE = Caution("rule", "rule that judges this change; this review uses the old value")

KINDS: dict[str, tuple[Kind, Caution | None]] = {
    "seed": ("split or seed", SEED),
    "simulate": ("data", None),
    "simulate.months": ("data window", None),
    "simulate.start": ("data window", None),
    "source": ("data", None),
    "source.as_of": ("data window", TIME),
    "source.tables": ("data", DATES),
    "process": ("data", None),
    "problem": ("label definition", PROBLEM),
    "problem.name": ("operations", None),
    "problem.weight": ("model", LEAK),
    "features": ("feature", None),
    "features.attributes": ("feature", LEAK),
    "features.expressions": ("feature", LEAK),
    "features.cutoffs": ("data window", ROWS),
    "split": ("split or seed", ROWS),
    "split.embargo": ("split or seed", EMBARGO),
    "tune": ("search", None),
    "tune.storage": ("operations", None),
    "train": ("model", None),
    "evaluate": ("threshold", None),
    "evaluate.bootstrap": ("gate", RULE),
    "evaluate.confidence": ("gate", RULE),
    "evaluate.segments": ("gate", None),
    "evaluate.gates": ("gate", RULE),
    "compare": ("gate", RULE),
    "promote": ("gate", RULE),
    "drift": ("operations", RULE),
    "card": ("operations", None),
    "track": ("operations", None),
    "retrain": ("operations", None),
    "monitor": ("operations", None),
    "score": ("operations", None),
}
"""Key or prefix -> kind and warning; the longest prefix applies."""


def kind_of(key: str) -> tuple[Kind, Caution | None]:
    """Return the kind of a dotted key, and its warning, if any."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = KINDS.get(".".join(parts[:length]))
        if found:
            return found
    return "unknown", None
