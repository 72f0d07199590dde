"""What the report states: small frozen values, the same for the page and for report.json.

A section that is None has nothing to state, for its file is not there; the page says so.
"""

from dataclasses import dataclass, field
from typing import Any

from lockstep.artifacts.evaluation import Evaluation


@dataclass(frozen=True)
class Question:
    """What is predicted, and from where."""

    name: str
    task: str
    sentence: str
    source: str
    """The URL as params.yaml has it, `${VAR}` unexpanded."""
    as_of: str | None
    seed: int


@dataclass(frozen=True)
class Table:
    """One table on its way; None where a stage does not have it."""

    name: str
    raw: int
    processed: int | None
    rejected: int | None
    """Raw rows set aside; each is counted once, however many checks it broke."""
    span: tuple[str, str] | None
    digest: str


@dataclass(frozen=True)
class Reject:
    """How many rows of a table broke one check of a column."""

    table: str
    column: str
    check: str
    rows: int


@dataclass(frozen=True)
class Column:
    """The kept values of one column; what cannot be told, or makes no sense for the type, is None."""

    table: str
    name: str
    type: str
    missing_share: float | None
    distinct: int | None
    low: str | float | None
    high: str | float | None
    mean: float | None
    outliers: int | None


@dataclass(frozen=True)
class Data:
    """Rows by stage, rejects by reason, and what the columns look like."""

    tables: tuple[Table, ...]
    rejects: tuple[Reject, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Cutoff:
    """The labels of one snapshot."""

    split: str
    cutoff: str
    rows: int
    mean_label: float


@dataclass(frozen=True)
class Split:
    """One part of the examples."""

    name: str
    rows: int
    entities: int
    cutoffs: tuple[str, ...]
    mean_label: float | None
    """Base rate of a binary label, mean of a number; None for classes, or without a label."""
    classes: dict[str, int] | None


@dataclass(frozen=True)
class Features:
    """What is computed, and for whom."""

    origins: dict[str, int]
    kinds: dict[str, int]
    splits: tuple[Split, ...]
    cutoffs: tuple[Cutoff, ...]


@dataclass(frozen=True)
class Trial:
    """One trial of the search; a pruned one has no score, only the one that it had reached."""

    number: int
    score: float | None
    reached: float | None = None
    estimator: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Searched:
    """How one estimator did."""

    estimator: str
    trials: int
    pruned: int
    score: float


@dataclass(frozen=True)
class Search:
    """What was searched and found."""

    estimator: str
    metric: str
    greater_is_better: bool
    score: float
    trial: int
    params: dict[str, Any]
    trials: tuple[Trial, ...]
    importance: dict[str, float] = field(default_factory=dict)
    """Hyperparameters of the best estimator; empty where trials were few."""
    estimators: tuple[Searched, ...] = ()
    """The best first."""


@dataclass(frozen=True)
class Learnt:
    """The model's recipe on a part of the training rows, the last one on all of them."""

    rows: int
    train: float
    valid: float


@dataclass(frozen=True)
class Learning:
    """What the model's score is made of."""

    metric: str
    curve: tuple[Learnt, ...]
    seeds: tuple[float, ...]
    """Scores on the test rows of fits that differ in the seed alone, the model's first."""
    deviation: float | None
    train: float
    valid: float
    test: float
    held: float | None
    """Share of the gain over a constant on training rows that holds on validation rows."""
    alarm: str | None


@dataclass(frozen=True)
class Model:
    """The model that was evaluated."""

    estimator: str
    params: dict[str, Any]
    rounds: int | None
    calibration: str
    parity: float | None
    importance: dict[str, float]
    history: dict[str, list[float]]
    learning: Learning | None
    data: dict[str, str]
    """What it was made of: path -> DVC's hash."""
    digests: dict[str, str]


@dataclass(frozen=True)
class Compared:
    """One feature, or the score, today and in training."""

    name: str
    kind: str
    status: str
    reason: str | None
    psi: float | None
    p_adjusted: float | None
    missing_reference: float | None
    missing_current: float | None
    histogram: dict[str, Any] | None


@dataclass(frozen=True)
class Drift:
    """The verdict on the current snapshot."""

    applicable: bool
    drifted: bool | None
    reasons: tuple[str, ...]
    rows: dict[str, int]
    features: tuple[Compared, ...]
    score: Compared | None


@dataclass(frozen=True)
class Facts:
    """The whole report."""

    question: Question
    evaluation: Evaluation
    confusion: tuple[tuple[str, str, int], ...]
    """(actual, predicted, rows)."""
    data: Data | None
    features: Features | None
    search: Search | None
    model: Model | None
    drift: Drift | None
