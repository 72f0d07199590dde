"""Two models on the same rows: paired intervals of every metric, tests, segments and a verdict."""

from collections.abc import Iterator, Sequence

import numpy as np

from lockstep.artifacts.predictions import MODEL
from lockstep.core.progress import Advance, ignore
from lockstep.decisions.paired import tests
from lockstep.decisions.paired.result import Comparison, Contest, PairedLevel, PairedSegment
from lockstep.decisions.paired.rows import FIRST, Pair
from lockstep.decisions.paired.verdict import decide, standing
from lockstep.evaluation import scores, segment_levels, segments
from lockstep.evaluation.segments import Group
from lockstep.params.compare import CompareSpec
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.statistics import resamples
from lockstep.statistics.estimate import Estimate
from lockstep.statistics.metric import Metric, Rule
from lockstep.statistics.resamples import Resampled


def compare(pair: Pair, evaluate: EvaluateSpec, spec: CompareSpec, seed: int, advance: Advance = ignore) -> Comparison:
    """Compare the second model with the first.

    Args:
        pair: the common rows of both models.
        evaluate: resamples, confidence, and what metrics of decisions depend on.
        spec: smallest gain that matters, and the margin of a segment.
        seed: of the resamples.
        advance: called with the number of finished resamples.
    """
    resampled = _draw(pair, evaluate, seed, advance)
    contests = tuple(_contest(metric, resampled, evaluate) for metric in pair.predictions.kind.metrics)
    verdict, reason = decide(contests[0].gain, spec.min_effect)
    return Comparison(
        task=pair.predictions.task,
        main=contests[0].name,
        rows=len(pair.predictions.label),
        entities=len(np.unique(pair.predictions.keys)),
        own_rows=pair.rows,
        confidence=evaluate.confidence,
        resamples=evaluate.bootstrap,
        min_effect=spec.min_effect,
        margin=spec.margin,
        contests=contests,
        tests=tuple(tests.run(pair.predictions)),
        segments=tuple(_segments(pair, resampled, spec)),
        verdict=verdict,
        reason=reason,
    )


def _draw(pair: Pair, spec: EvaluateSpec, seed: int, advance: Advance) -> Resampled:
    predictions = pair.predictions
    statistics = scores.prepare(predictions, spec)
    for name in predictions.by:
        rule = scores.rule_of(spec, predictions, name)
        statistics |= segment_levels.prepare(predictions, pair.groups, rule, name)
    return resamples.compute(
        statistics,
        predictions.keys,
        resamples=spec.bootstrap,
        seed=seed,
        confidence=spec.confidence,
        advance=advance,
    )


def _contest(metric: Metric, resampled: Resampled, spec: EvaluateSpec) -> Contest:
    first, second = (FIRST, metric.name), (MODEL, metric.name)
    return Contest(
        name=metric.name,
        title=metric.title(Rule(top_share=spec.top_share, top_classes=spec.top_classes, quantile=spec.quantile)),
        first=resampled.estimate(first, metric.undefined),
        second=resampled.estimate(second, metric.undefined),
        gain=resampled.gain(metric, second, first),
    )


def _segments(pair: Pair, resampled: Resampled, spec: CompareSpec) -> Iterator[PairedSegment]:
    main = pair.predictions.kind.main
    for column, found in pair.groups.items():
        shown = found[: segments.MOST_LEVELS]
        yield PairedSegment(
            column=column,
            omitted=len(found) - len(shown),
            levels=tuple(_levels(column, shown, resampled, main, spec)),
        )


def _levels(
    column: str, shown: Sequence[Group], resampled: Resampled, main: Metric, spec: CompareSpec
) -> Iterator[PairedLevel]:
    for number, group in enumerate(shown):
        reason = segments.too_few(len(group.rows))
        ours, theirs = (segment_levels.key_of(column, number, name) for name in (MODEL, FIRST))
        gain = Estimate(not_applicable=reason) if reason else resampled.gain(main, ours, theirs)
        yield PairedLevel(level=group.level, rows=len(group.rows), gain=gain, standing=standing(gain, spec.margin))
