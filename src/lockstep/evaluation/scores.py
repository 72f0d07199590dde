"""All metrics of a task, of every predictor, as weighted statistics."""

from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.statistics.metric import Rule
from lockstep.statistics.resamples import Key
from lockstep.statistics.weighted import Statistic


def rule_of(spec: EvaluateSpec, predictions: Predictions, name: str = MODEL) -> Rule:
    """Return the settings of a predictor's metrics: its threshold, and what params.yaml says."""
    return Rule(predictions.threshold(name), spec.top_share, spec.top_classes, spec.quantile)


def prepare(predictions: Predictions, spec: EvaluateSpec) -> dict[Key, Statistic]:
    """Return (predictor, metric) -> statistic."""
    return {
        (name, metric.name): metric.prepare(predictions.label, values, rule_of(spec, predictions, name))
        for name, values in predictions.by.items()
        for metric in predictions.kind.metrics
    }
