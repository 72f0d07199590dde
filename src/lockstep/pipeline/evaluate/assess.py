"""Every metric of every predictor, with intervals from the same resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lockstep.artifacts.evaluation import Evaluation, Explanation, Mistake, Score
from lockstep.artifacts.predictions import MODEL, Predictions
from lockstep.core.progress import Advance, ignore
from lockstep.evaluation import gate, segment_levels
from lockstep.evaluation import scores as metric_scores
from lockstep.evaluation.segment_levels import Groups
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import calibration, decision, fairness, slices
from lockstep.pipeline.evaluate.slices import Rule as Conditions
from lockstep.statistics import resamples
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.resamples import Key, Resampled
from lockstep.statistics.weighted import Statistic


@dataclass(frozen=True)
class FurtherResults:
    """Results in addition to metrics and declared segments.

    Attributes:
        chosen_on: number of rows of the validation split on which the thresholds were chosen; None if they were not.
        sensitive: column -> its levels, between which fairness is measured.
        slices: rules of the worst slices, each with the test rows it matches, (n,).
        mistakes: the rows with the largest loss.
        explanation: of the model.
        unknown: category -> number of test rows with a level that is not in the training split.
        seed_deviation: of the main metric over fits that differ only in the seed; None for a single fit.
    """

    chosen_on: int | None = None
    sensitive: Groups = field(default_factory=dict)
    slices: Sequence[tuple[Conditions, NDArray[np.bool_]]] = ()
    mistakes: tuple[Mistake, ...] = ()
    explanation: Explanation | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    seed_deviation: float | None = None


def assess(
    predictions: Predictions,
    spec: EvaluateSpec,
    seed: int,
    groups: Groups,
    classes: Sequence[str] | None = None,
    advance: Advance = ignore,
    further: FurtherResults = FurtherResults(),
) -> Evaluation:
    """Return metrics, differences to the baselines, segments and the gate's verdict.

    Args:
        predictions: of the test split.
        spec: resamples, confidence, costs, gates.
        seed: of the resamples.
        groups: segment -> its levels.
        classes: names of the classes, if there are three or more.
        advance: called with the number of finished resamples.
        further: results of the diagnostics.
    """
    inside = [rows for _, rows in further.slices]
    resampled = resamples.compute(
        _statistics(predictions, spec, groups)
        | fairness.prepare(predictions, further.sensitive)
        | slices.prepare(predictions, inside),
        predictions.keys,
        resamples=spec.bootstrap,
        seed=seed,
        confidence=spec.confidence,
        advance=advance,
    )
    rule = metric_scores.rule_of(spec, predictions)
    scores = tuple(_score(metric, predictions.baselines, resampled, rule) for metric in predictions.kind.metrics)
    main = scores[0]
    calibrated = calibration.result(predictions, resampled, seed)
    by_level = tuple(segment_levels.result(column, found, predictions, resampled) for column, found in groups.items())
    return Evaluation(
        task=predictions.task,
        main=main.name,
        rows=len(predictions.label),
        entities=len(np.unique(predictions.keys)),
        label=_distribution(predictions, classes),
        base_rate=segment_levels.base_rate(predictions),
        unknown=dict(further.unknown),
        seed_deviation=further.seed_deviation,
        confidence=spec.confidence,
        resamples=spec.bootstrap,
        scores=scores,
        decision=decision.result(predictions, spec, resampled, further.chosen_on),
        calibration=calibrated,
        segments=by_level,
        slices=tuple(slices.result([rule for rule, _ in further.slices], inside, predictions, resampled)),
        fairness=tuple(fairness.result(predictions, further.sensitive, resampled)),
        mistakes=further.mistakes,
        explanation=further.explanation,
        gate=gate.decide(
            {score.name: score.model for score in scores},
            main.gains,
            spec.gates,
            segments=by_level,
            greater_is_better=main.greater_is_better,
            calibration=calibrated,
            confidence=spec.confidence,
        ),
    )


def _statistics(predictions: Predictions, spec: EvaluateSpec, groups: Groups) -> dict[Key, Statistic]:
    return (
        metric_scores.prepare(predictions, spec)
        | segment_levels.prepare(predictions, groups, metric_scores.rule_of(spec, predictions))
        | decision.prepare(predictions, spec)
        | calibration.prepare(predictions)
    )


def _score(metric: Metric, baselines: Sequence[str], resampled: Resampled, rule: Rule) -> Score:
    ours = (MODEL, metric.name)
    return Score(
        name=metric.name,
        short=metric.short,
        title=metric.title(rule),
        greater_is_better=metric.greater_is_better,
        model=resampled.estimate(ours, metric.undefined),
        baselines={name: resampled.estimate((name, metric.name), metric.undefined) for name in baselines},
        gains={name: resampled.gain(metric, ours, (name, metric.name)) for name in baselines},
    )


def _distribution(predictions: Predictions, classes: Sequence[str] | None) -> dict[str, int | float]:
    label = predictions.label
    if predictions.kind.label == "number":
        spread = {"mean": label.mean(), "std": label.std(), "min": label.min(), "max": label.max()}
        return {name: round(float(value), 6) for name, value in spread.items()}
    names = classes or ("0", "1")
    return {name: int((label == k).sum()) for k, name in enumerate(names)}
