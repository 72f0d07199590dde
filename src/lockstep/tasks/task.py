"""The definition of a kind of task: one frozen object, in one file per kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lockstep.core.errors import LockstepError, closest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockstep.statistics.metric import Metric
    from lockstep.statistics.weighted import Floats

Output = Literal["probability", "probabilities", "number"]
"""What a model predicts for n rows: P(1), (n,); a probability for each class, (n, classes); or a number, (n,)."""

Label = Literal["boolean", "category", "number"]
"""What the label column of the features holds: 0 or 1, the index of a class, or a number."""
LABELS: Mapping[Output, Label] = {"probability": "boolean", "probabilities": "category", "number": "number"}

Score = Callable[["NDArray[Any]", "NDArray[Any]"], float]
"""label (n,), prediction (n,) or (n, classes) -> score."""
Scorer = Callable[["NDArray[Any]", "NDArray[Any]", int], float]
"""label (n,), prediction (n,) or (n, classes), number of classes (0 without any) -> score."""
Loss = Callable[["NDArray[Any]", "Floats"], "Floats"]
"""label (n,), prediction (n,) or (n, classes) -> loss of each row, (n,)."""


@dataclass(frozen=True)
class SearchMetric:
    """What a search optimises, and what a learning curve shows."""

    name: str
    score: Score
    greater_is_better: bool


@dataclass(frozen=True)
class Task:
    """A kind of task, such as binary classification.

    Attributes:
        name: as `problem.task` names it.
        output: shape and meaning of a prediction; it decides what the label column holds (`label`).
        measures: values of `problem.label.measure` that make such a label; none if events cannot make one.
        metrics: of the test split. The main one, by which models, baselines and segments are compared, comes first.
        search: metric -> its score, for `tune.metric`. The default comes first; the main metric is among them.
        loss: of a row, for the worst slices and the largest errors.
        loss_title: display name of the loss.
        baselines: display names of the constant and of the linear baseline.
        tests: paired tests of two models, of `decisions.paired.tests`, in the order in which they are shown.
        curves: plots that apply, of `pipeline.evaluate.curves`.
        axes: titles of the calibration plot's axes: predicted, observed.
        mean_label: display name of the mean label; None where a mean makes no sense.
    """

    name: str
    output: Output
    measures: tuple[str, ...]
    metrics: tuple["Metric", ...]
    search: Mapping[str, Scorer]
    loss: Loss
    loss_title: str
    baselines: tuple[str, str]
    tests: tuple[str, ...]
    curves: tuple[str, ...]
    axes: tuple[str, str]
    mean_label: str | None

    @property
    def label(self) -> Label:
        """What the label column of the features holds."""
        return LABELS[self.output]

    @property
    def main(self) -> "Metric":
        """The metric by which models, baselines and segments are compared."""
        return self.metrics[0]

    @property
    def has_threshold(self) -> bool:
        """Whether a threshold turns predictions into decisions, which have costs and can be fair or unfair."""
        return self.output == "probability"

    @property
    def has_classes(self) -> bool:
        """Whether a prediction is one probability for each class."""
        return self.output == "probabilities"

    @property
    def has_probabilities(self) -> bool:
        """Whether predictions are probabilities, which can be calibrated."""
        return self.output != "number"

    @property
    def greater_is_better(self) -> dict[str, bool]:
        """Metric -> whether more of it is better."""
        return {metric.name: metric.greater_is_better for metric in self.metrics}

    def search_metric(self, name: str | None, classes: int = 0) -> SearchMetric:
        """Return the search metric of that name, or the default one; `classes` is the number of classes of the label.

        Raises:
            LockstepError: a search cannot use a metric of that name.
        """
        chosen = name or next(iter(self.search))
        if chosen not in self.search:
            raise LockstepError(
                f"params.yaml: tune.metric: {chosen!r} is not for task {self.name}; "
                f"expected one of {', '.join(self.search)}{closest(chosen, self.search)}"
            )
        score = self.search[chosen]
        return SearchMetric(
            chosen, lambda label, prediction: score(label, prediction, classes), self.greater_is_better[chosen]
        )
