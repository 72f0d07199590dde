"""Content of the report as frozen values, the same for the page and for report.json.

A section is None if its files are missing; the page says so.
"""

from dataclasses import dataclass, field
from typing import Any

from lockstep.artifacts.evaluation import Evaluation


@dataclass(frozen=True)
class Problem:
    """What is predicted, and from which source."""

    name: str
    task: str
    sentence: str
    source: str
    """The URL as params.yaml has it, `${VAR}` unexpanded."""
    as_of: str | None
    seed: int


@dataclass(frozen=True)
class Table:
    """One table by stage; None if a stage does not have it."""

    name: str
    raw: int
    processed: int | None
    rejected: int | None
    """Rejected raw rows; a row that fails several checks counts once."""
    span: tuple[str, str] | None
    digest: str


@dataclass(frozen=True)
class Reject:
    """Number of rows of a table that failed one check of a column."""

    table: str
    column: str
    check: str
    rows: int


@dataclass(frozen=True)
class Column:
    """Statistics of the kept values of one column; None if unknown or not applicable to the type."""

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
    """Rows by stage, rejects by reason, statistics by column."""

    tables: tuple[Table, ...]
    rejects: tuple[Reject, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Cutoff:
    """Labels of one snapshot."""

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
    """Base rate of a binary label, mean of a numeric one; None for classes or without labels."""
    classes: dict[str, int] | None


@dataclass(frozen=True)
class Features:
    """Number of features by origin and kind, examples by split and cutoff."""

    origins: dict[str, int]
    kinds: dict[str, int]
    splits: tuple[Split, ...]
    cutoffs: tuple[Cutoff, ...]


@dataclass(frozen=True)
class Trial:
    """One trial of the search; a pruned one has no score, only `reached`: the score at pruning."""

    number: int
    score: float | None
    reached: float | None = None
    estimator: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EstimatorResult:
    """Best score and trials of one estimator."""

    estimator: str
    trials: int
    pruned: int
    score: float


@dataclass(frozen=True)
class Search:
    """Result of the search."""

    estimator: str
    metric: str
    greater_is_better: bool
    score: float
    trial: int
    params: dict[str, Any]
    trials: tuple[Trial, ...]
    importance: dict[str, float] = field(default_factory=dict)
    """Of the best estimator's hyperparameters; empty if there are too few trials."""
    estimators: tuple[EstimatorResult, ...] = ()
    """The best first."""


@dataclass(frozen=True)
class LearningPoint:
    """Scores of a model fitted on a part of the training rows."""

    rows: int
    train: float
    valid: float


@dataclass(frozen=True)
class Learning:
    """Learning curve, overfitting and seed noise."""

    metric: str
    curve: tuple[LearningPoint, ...]
    seeds: tuple[float, ...]
    """Test scores of fits with different seeds, the model's first."""
    deviation: float | None
    train: float
    valid: float
    test: float
    held: float | None
    """Gain over the constant on validation rows as a share of the gain on training rows."""
    alarm: str | None


@dataclass(frozen=True)
class Model:
    """The evaluated model."""

    estimator: str
    params: dict[str, Any]
    rounds: int | None
    calibration: str
    parity: float | None
    importance: dict[str, float]
    history: dict[str, list[float]]
    learning: Learning | None
    data: dict[str, str]
    """Inputs: path -> DVC hash."""
    digests: dict[str, str]


@dataclass(frozen=True)
class FeatureDrift:
    """Drift of one feature, or of the score."""

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
    """Drift of the current snapshot."""

    applicable: bool
    drifted: bool | None
    reasons: tuple[str, ...]
    rows: dict[str, int]
    features: tuple[FeatureDrift, ...]
    score: FeatureDrift | None


@dataclass(frozen=True)
class Facts:
    """The whole report."""

    problem: Problem
    evaluation: Evaluation
    confusion: tuple[tuple[str, str, int], ...]
    """(actual, predicted, rows)."""
    data: Data | None
    features: Features | None
    search: Search | None
    model: Model | None
    drift: Drift | None
