"""metrics.json: few numbers with short names, for `dvc metrics` and `dvc exp show`."""

from lockstep.artifacts.evaluation import Evaluation
from lockstep.statistics.estimate import Estimate

DECIMALS = 4  # intervals are wider than that


def summary(evaluation: Evaluation) -> dict[str, float | str]:
    """Return the metrics of the model, the main metric of the linear baseline, and the verdict of the gate."""
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
