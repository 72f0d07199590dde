"""evaluation.json: the results of the model on the test split."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lockstep.core.files import read_model
from lockstep.statistics.estimate import Estimate, Rounded
from lockstep.tasks.registry import TaskName, task
from lockstep.tasks.task import Task

NAME = "evaluation.json"


class Result(BaseModel):
    """A frozen part of evaluation.json."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Score(Result):
    """One metric of the model and of each baseline, and the gain over each baseline."""

    name: str
    short: str
    title: str
    greater_is_better: bool
    model: Estimate
    baselines: dict[str, Estimate]
    gains: dict[str, Estimate]
    """Baseline -> paired gain; above 0 the model is better, whether more or less of the metric is better."""


class Level(Result):
    """The main metric on the rows of one level of a segment."""

    level: str | None
    """None: missing."""
    rows: int
    base_rate: Rounded
    """Share of positives, or mean label; None for more classes."""
    score: Estimate


class Segment(Result):
    """The levels of one feature."""

    column: str
    levels: tuple[Level, ...]
    omitted: int
    """Number of smaller levels that are not shown."""


class Choice(Result):
    """The cost of one way to decide."""

    name: str
    """A predictor at its threshold, `everybody` or `nobody`."""
    cost: Estimate
    """Mean per row of the test split."""
    saved: Estimate | None
    """Paired difference to the model; above 0 the model is cheaper. None for the model itself."""


class Decision(Result):
    """The threshold from which on a row is predicted positive, and where it comes from."""

    threshold: float
    thresholds: dict[str, float]
    """Predictor -> its threshold, chosen by the same rule."""
    rule: Literal["cost", "f1", "fixed"]
    rows: int | None
    """Number of rows of the validation split it was chosen on."""
    costs: dict[str, float]
    choices: tuple[Choice, ...]


class Calibration(Result):
    """How well predicted probabilities match observed shares."""

    bias: Estimate
    """Mean prediction minus mean label."""
    error: Rounded = None
    """Expected calibration error over bins of equal size; None if the predictions are no probabilities."""
    chance: Rounded = None
    """Mean error of simulated, perfectly calibrated models with the same predictions."""
    chance_high: Rounded = None
    """95th percentile of the error of these models."""


class WorstSlice(Result):
    """A slice with large loss: found on the validation split, measured on the test split."""

    rule: tuple[str, ...]
    """Conditions, joined by and."""
    rows: int
    base_rate: Rounded
    loss: Estimate
    """Mean loss of the task."""
    excess: Estimate
    """Difference to the mean loss of all other rows; significantly worse if the interval is above 0."""


class Treatment(Result):
    """Rates at which the rows of one group are predicted positive."""

    level: str | None
    rows: int
    selection: Estimate
    """Among all rows."""
    true_positive: Estimate
    """Among positive rows."""
    false_positive: Estimate
    """Among negative rows."""


class Fairness(Result):
    """The groups of one sensitive column."""

    column: str
    levels: tuple[Treatment, ...]
    differences: dict[str, Estimate]
    """Demographic parity, equal opportunity, equalised odds: largest minus smallest rate; 0 is equal."""


class Mistake(Result):
    """One of the rows with the largest loss."""

    key: str
    cutoff: str | None
    label: str
    predicted: str
    loss: Rounded
    because: tuple[str, ...]
    """The features with the largest contributions, with their values; empty if the model has no SHAP values."""


class Importance(Result):
    """The importance of one feature."""

    name: str
    permuted: Rounded
    """Loss in the main metric if the values of the feature are shuffled."""
    alone: Rounded
    """Share of the model's gain over the constant baseline that a model of this feature alone reaches."""
    contribution: Rounded = None
    """Mean absolute SHAP value, in log-odds (of a random forest: probability) or in the label's unit; None where the
    learner has no exact ones."""
    near: Rounded = None
    """Share of the permutation importance (in loss) that involves rows with their last event near the cutoff; None if
    that does not apply or the importance is not significant."""


class Near(Result):
    """The check for features that matter only for rows with their last event near the cutoff."""

    within: str
    """Maximum time between last event and cutoff."""
    judged: int
    """Number of checked features."""
    not_applicable: tuple[str, ...]
    """Reasons why other features are not checked."""


class Explanation(Result):
    """Explanation of the model."""

    rows: int
    """Number of test rows it was computed on."""
    features: tuple[Importance, ...]
    """By decreasing importance."""
    alarms: tuple[str, ...]
    """Features that may leak the label: they explain nearly all on their own, or matter only for rows with their last
    event near the cutoff."""
    near: Near | None = None


class Reason(Result):
    """One rule of the gate and its result."""

    passed: bool
    judged: bool = True
    """False if the rule does not apply: it is neither passed nor broken."""
    text: str

    @property
    def broken(self) -> bool:
        """Whether the rule applies and does not hold."""
        return self.judged and not self.passed


class Verdict(Result):
    """Whether the model may be served."""

    passed: bool
    reasons: tuple[Reason, ...]


class Evaluation(Result):
    """The model on the test split."""

    task: TaskName
    main: str
    """The metric by which baselines and segments are compared."""
    rows: int
    entities: int
    label: dict[str, int | float]
    """Number of rows by class, or mean, std, min and max of a number."""
    base_rate: Rounded
    unknown: dict[str, int] = {}
    """Category -> number of test rows with a level that is not in the training split; they count as missing."""
    seed_deviation: float | None = None
    """Standard deviation of the main metric, before calibration, over fits that differ only in the seed."""
    confidence: float
    resamples: int
    scores: tuple[Score, ...]
    decision: Decision | None = None
    """For binary tasks."""
    calibration: Calibration | None = None
    segments: tuple[Segment, ...]
    slices: tuple[WorstSlice, ...] = ()
    fairness: tuple[Fairness, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    explanation: Explanation | None = None
    gate: Verdict

    @property
    def kind(self) -> Task:
        """The definition of the task."""
        return task(self.task)

    @property
    def main_score(self) -> Score:
        """The score by the main metric."""
        return next(score for score in self.scores if score.name == self.main)

    @classmethod
    def read(cls, directory: Path) -> "Evaluation":
        """Return the evaluation in `directory`.

        Raises:
            LockstepError: it is missing or damaged.
        """
        return read_model(cls, directory / NAME)
