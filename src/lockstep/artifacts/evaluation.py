"""What `evaluation.json` holds: everything the report says about the model on the test split."""

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
    """One metric of the model, of each baseline, and how much better the model is than each."""

    name: str
    short: str
    title: str
    greater_is_better: bool
    model: Estimate
    baselines: dict[str, Estimate]
    gains: dict[str, Estimate]
    """Paired differences to the baselines; above 0 the model is better whichever way the metric points."""


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
    """Levels beyond the largest ones, not shown."""


class Choice(Result):
    """A way to decide, and what it costs."""

    name: str
    """A predictor at its threshold, `everybody` or `nobody`."""
    cost: Estimate
    """Mean a row of the test split."""
    saved: Estimate | None
    """Paired difference to the model's decisions; above 0 the model's are cheaper. None for the model itself."""


class Decision(Result):
    """From which probability on the model's rows are called positive, and why there."""

    threshold: float
    thresholds: dict[str, float]
    """The same for every predictor: each has its own, chosen by the same rule."""
    rule: Literal["cost", "f1", "fixed"]
    rows: int | None
    """Rows of the validation split that it was chosen on."""
    costs: dict[str, float]
    choices: tuple[Choice, ...]


class Calibration(Result):
    """Whether probabilities mean what they say."""

    bias: Estimate
    """Mean prediction less mean label."""
    error: Rounded = None
    """Expected calibration error over bins of equal mass; None for a regression."""
    chance: Rounded = None
    """The mean error of perfectly calibrated models with the same predictions."""
    chance_high: Rounded = None
    """What 95% of these models stay below."""


class WorstSlice(Result):
    """A group of rows that the search found on the validation split, as the test split sees it."""

    rule: tuple[str, ...]
    """Conditions that all hold."""
    rows: int
    base_rate: Rounded
    loss: Estimate
    """Mean log loss, or mean squared error."""
    excess: Estimate
    """How much more that is than on all other rows; surely worse where the interval lies above 0."""


class Treatment(Result):
    """At which rates the rows of one group are called positive."""

    level: str | None
    rows: int
    selection: Estimate
    """Of all rows."""
    true_positive: Estimate
    """Of the rows that are positive."""
    false_positive: Estimate
    """Of the rows that are negative."""


class Fairness(Result):
    """The groups of one sensitive column."""

    column: str
    levels: tuple[Treatment, ...]
    differences: dict[str, Estimate]
    """Demographic parity, equal opportunity, equalised odds: largest less smallest rate; 0 is equal."""


class Mistake(Result):
    """One of the most wrong rows."""

    key: str
    cutoff: str | None
    label: str
    predicted: str
    loss: Rounded
    because: tuple[str, ...]
    """The features that moved the prediction most, with their values; empty where the model cannot say."""


class Importance(Result):
    """What one feature is worth."""

    name: str
    permuted: Rounded
    """How much worse the main metric is when the feature's values are shuffled."""
    alone: Rounded
    """Share of the model's gain over the constant baseline that the feature has on its own."""
    contribution: Rounded = None
    """Mean absolute SHAP value, in log-odds (of a random forest: probability) or in the label's unit; None where the
    learner has no exact ones."""
    near: Rounded = None
    """Part of what shuffling costs, in loss, that involves rows whose last event lies near the cutoff; None where that
    does not apply, or where the feature does not surely matter."""


class Near(Result):
    """Whether features matter only because of rows whose last event lies near the cutoff."""

    within: str
    """How near: a length of time."""
    judged: int
    """Features."""
    not_applicable: tuple[str, ...]
    """Why others are not judged."""


class Explanation(Result):
    """What the model goes by."""

    rows: int
    """Test rows on which it was found out."""
    features: tuple[Importance, ...]
    """The most important first."""
    alarms: tuple[str, ...]
    """Features that explain so much on their own that they may know the answer, or matter only because of rows whose
    last event lies near the cutoff."""
    near: Near | None = None


class Reason(Result):
    """One rule of the gate and how it came out."""

    passed: bool
    judged: bool = True
    """False: it did not apply; this is neither passed nor broken."""
    text: str

    @property
    def broken(self) -> bool:
        """Whether the rule was judged and does not hold."""
        return self.judged and not self.passed


class Verdict(Result):
    """May this model be served?"""

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
    """Rows by class, or mean, std, min and max of a number."""
    base_rate: Rounded
    unknown: dict[str, int] = {}
    """Category -> test rows with a level that training did not see, where there are any; they count as missing."""
    seed_deviation: float | None = None
    """Standard deviation of the main metric, before calibration, over fits that differ in the seed alone."""
    confidence: float
    resamples: int
    scores: tuple[Score, ...]
    decision: Decision | None = None
    """Two classes only."""
    calibration: Calibration | None = None
    segments: tuple[Segment, ...]
    slices: tuple[WorstSlice, ...] = ()
    fairness: tuple[Fairness, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    explanation: Explanation | None = None
    gate: Verdict

    @property
    def kind(self) -> Task:
        """What is known of the task."""
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
