"""A metric as a value: its name, its direction, and its formula as a weighted statistic."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lockstep.statistics.weighted import Floats, Statistic


@dataclass(frozen=True)
class Rule:
    """How a prediction becomes a decision: what metrics of decisions depend on.

    Attributes:
        threshold: a row is called positive from this probability on.
        top_share: of the rows, by descending score, that are looked at.
        top_classes: so many of the likeliest classes may hold the true one.
        quantile: that a predicted number stands for, in the pinball loss.
    """

    threshold: float = 0.5
    top_share: float = 0.1
    top_classes: int = 2
    quantile: float = 0.9


Prepare = Callable[[NDArray[Any], Floats, Rule], Statistic]
"""label (n,), prediction (n,) or (n, classes), rule -> statistic."""


@dataclass(frozen=True)
class Metric:
    """One metric of one task."""

    name: str
    short: str
    """In metrics.json, whose columns must stay narrow."""
    heading: str
    """The title, with places for what of the rule matters."""
    greater_is_better: bool
    build: Prepare
    undefined: str
    """What is the matter where it has no value."""

    def title(self, rule: Rule) -> str:
        """Return the metric's name for people."""
        return self.heading.format(**dataclasses.asdict(rule))

    def prepare(self, label: NDArray[Any], prediction: Floats, rule: Rule = Rule()) -> Statistic:
        """Return the metric of label (n,) and prediction (n,) or (n, classes) as a weighted statistic."""
        return self.build(label, prediction, rule)

    def gain(self, model: Floats, baseline: Floats) -> Floats:
        """Return by how much the model is better: above 0 is better whichever way the metric points."""
        return model - baseline if self.greater_is_better else baseline - model
