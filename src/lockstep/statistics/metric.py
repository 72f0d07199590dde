"""A metric as a value: its name, its direction, and its formula as a weighted statistic."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lockstep.statistics.weighted import Floats, Statistic


@dataclass(frozen=True)
class Rule:
    """The settings that some metrics depend on.

    Attributes:
        threshold: least probability at which a row is predicted positive.
        top_share: share of the rows, by descending score, that counts as the top.
        top_classes: k of top-k accuracy.
        quantile: of the pinball loss.
    """

    threshold: float = 0.5
    top_share: float = 0.1
    top_classes: int = 2
    quantile: float = 0.9


Prepare = Callable[[NDArray[Any], Floats, Rule], Statistic]
"""label (n,), prediction (n,) or (n, classes), rule -> statistic."""


@dataclass(frozen=True)
class Metric:
    """One metric of one task.

    Attributes:
        name: in params.yaml and evaluation.json.
        short: name in metrics.json, whose columns must stay narrow.
        heading: title; a format string with fields of `Rule`.
        build: the formula.
        greater_is_better: whether more of it is better.
        undefined: reason to show where it has no value.
        brief: whether metrics.json has it.
    """

    name: str
    short: str
    heading: str
    build: Prepare
    greater_is_better: bool = True
    undefined: str = "no rows"
    brief: bool = False

    def title(self, rule: Rule) -> str:
        """Return the metric's title."""
        return self.heading.format(**dataclasses.asdict(rule))

    def prepare(self, label: NDArray[Any], prediction: Floats, rule: Rule = Rule()) -> Statistic:
        """Return the metric of label (n,) and prediction (n,) or (n, classes) as a weighted statistic."""
        return self.build(label, prediction, rule)

    def gain(self, model: Floats, baseline: Floats) -> Floats:
        """Return the gain over the baseline; above 0 the model is better, for metrics of either direction."""
        return model - baseline if self.greater_is_better else baseline - model
