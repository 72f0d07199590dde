"""The few, short numbers of metrics.json, for `dvc metrics` and `dvc exp show`."""

from lockstep.artifacts.evaluation import Evaluation
from lockstep.statistics.estimate import Estimate

DECIMALS = 4  # the interval starts at the second or third


def summary(evaluation: Evaluation) -> dict[str, float | str]:
    """Return the model's metrics, the main one of the linear baseline beside its own, and the gate's verdict."""
    shown = {metric.name for metric in evaluation.kind.metrics if metric.brief}
    short: dict[str, float | str] = {}
    for score in evaluation.scores:
        if score.name in shown:
            short[score.short] = _brief(score.model)
        if score.name == evaluation.main:
            linear = list(score.baselines)[-1]
            short[f"{score.short}_{linear}"] = _brief(score.baselines[linear])
    return {**short, "gate": "pass" if evaluation.gate.passed else "fail"}


def _brief(estimate: Estimate) -> float | str:
    return "not applicable" if estimate.value is None else round(estimate.value, DECIMALS)
