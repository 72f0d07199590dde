"""What kind of decision a key of params.yaml is, and what a reviewer must be told about it."""

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
    """What a reviewer must be told of a change, and why it matters."""

    alarm: Alarm
    text: str


QUESTION = Caution("comparability", "another question: results before and after are not comparable")
ROWS = Caution("comparability", "other test rows: only those that both have can be compared")
TIME = Caution("comparability", "other test rows where the split is by time: only those that both have can be compared")
SEED = Caution("comparability", "other folds and resamples, and other test rows where these are drawn at random")
LEAK = Caution("leakage", "check that it is known before the cutoff, and not made from the label")
DATES = Caution("leakage", "rows are dated by it: check that nothing is known before it happened")
EMBARGO = Caution("leakage", "labels of one split reach into the next where it is shorter than the horizon")
RULE = Caution("rule", "by it the change is judged; here, by the value before")

KINDS: dict[str, tuple[Kind, Caution | None]] = {
    "seed": ("split or seed", SEED),
    "simulate": ("data", None),
    "simulate.months": ("data window", None),
    "simulate.start": ("data window", None),
    "source": ("data", None),
    "source.as_of": ("data window", TIME),
    "source.tables": ("data", DATES),
    "process": ("data", None),
    "problem": ("label definition", QUESTION),
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
    "drift": ("operations", RULE),
    "card": ("operations", None),
    "track": ("operations", None),
    "retrain": ("operations", None),
    "monitor": ("operations", None),
    "score": ("operations", None),
}
"""Key, or how it begins -> its kind, and a warning. The longest that fits counts."""


def kind_of(key: str) -> tuple[Kind, Caution | None]:
    """Return the kind of a dotted key, and what to watch out for, if anything."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = KINDS.get(".".join(parts[:length]))
        if found:
            return found
    return "unknown", None
