"""The gate as a table: what passes, what fails, and the reasons."""

from typing import Any

import pytest

from lockstep.artifacts.evaluation import Calibration, Level, Reason, Segment
from lockstep.core.errors import LockstepError
from lockstep.evaluation.gate import decide, latency, verdict
from lockstep.params.pipeline.evaluate import GateSpec, gate_faults
from lockstep.statistics.estimate import Estimate
from lockstep.tasks import registry

METRICS = {
    "roc_auc": Estimate(value=0.8, low=0.7, high=0.9),
    "log_loss": Estimate(value=0.4, low=0.3, high=0.5),
    "precision": Estimate(not_applicable="no row is predicted positive"),
}
BETTER = Estimate(value=0.05, low=0.01, high=0.09)
UNSURE = Estimate(value=0.05, low=-0.01, high=0.11)
EQUAL = Estimate(value=0.0, low=0.0, high=0.0)
WORSE = Estimate(value=-0.05, low=-0.09, high=-0.01)
UNKNOWN = Estimate(not_applicable="needs rows of both classes")


@pytest.mark.parametrize(
    ("spec", "gains", "passed"),
    [
        (GateSpec(beat_baselines=False), {}, True),
        (GateSpec(min={"roc_auc": 0.8}, beat_baselines=False), {}, True),
        (GateSpec(min={"roc_auc": 0.81}, beat_baselines=False), {}, False),
        (GateSpec(max={"log_loss": 0.4}, beat_baselines=False), {}, True),
        (GateSpec(max={"log_loss": 0.39}, beat_baselines=False), {}, False),
        (GateSpec(min={"roc_auc": 0.7}, max={"log_loss": 0.39}, beat_baselines=False), {}, False),
        (GateSpec(min={"precision": 0.0}, beat_baselines=False), {}, False),
        (GateSpec(), {"majority": BETTER, "logistic": BETTER}, True),
        (GateSpec(), {"majority": BETTER, "logistic": UNSURE}, False),
        (GateSpec(), {"majority": BETTER, "logistic": EQUAL}, False),
        (GateSpec(), {"majority": BETTER, "logistic": WORSE}, False),
        (GateSpec(), {"majority": UNKNOWN, "logistic": BETTER}, False),
        (GateSpec(beat_baselines=False), {"logistic": WORSE}, True),
        (GateSpec(min={"roc_auc": 0.9}), {"logistic": BETTER}, False),
    ],
)
def test_the_gate_passes_only_if_every_rule_holds(spec: Any, gains: dict[str, Any], passed: bool) -> None:
    verdict = decide(METRICS, gains, spec)
    assert verdict.passed is passed
    assert all(reason.passed for reason in verdict.reasons) is passed


def test_each_rule_states_its_result_and_broken_rules_come_first() -> None:
    spec = GateSpec(min={"roc_auc": 0.7, "precision": 0.5}, max={"log_loss": 0.3})
    verdict = decide(METRICS, {"majority": BETTER, "logistic": UNSURE}, spec)
    assert [(reason.passed, reason.text) for reason in verdict.reasons] == [
        (False, "precision has no value, expected at least 0.5: no row is predicted positive"),
        (False, "log_loss is 0.4000, expected at most 0.3"),
        (False, "not significantly better than logistic: gain +0.0500 (95% interval -0.0100 to +0.1100)"),
        (True, "roc_auc is 0.8000, expected at least 0.7"),
        (True, "better than majority: gain +0.0500 (95% interval +0.0100 to +0.0900)"),
    ]


def test_a_significantly_worse_model_is_called_worse() -> None:
    (reason,) = decide(METRICS, {"logistic": WORSE}, GateSpec()).reasons
    assert reason.text == "worse than logistic: gain -0.0500 (95% interval -0.0900 to -0.0100)"


def test_a_gate_on_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(LockstepError, match=r"evaluate\.gates\.min\.roc_auk.*did you mean 'roc_auc'"):
        decide(METRICS, {}, GateSpec(min={"roc_auk": 0.5}))


@pytest.mark.parametrize(
    ("gates", "task", "faults"),
    [
        (GateSpec(min={"roc_auc": 0.7}, max={"log_loss": 0.6}), "binary", []),
        (GateSpec(min={"rmse": 1.0}), "regression", ["evaluate.gates.min.rmse: less is better; expected under max"]),
        (GateSpec(max={"r2": 1.0}), "regression", ["evaluate.gates.max.r2: more is better; expected under min"]),
        (
            GateSpec(min={"acuracy": 1.0}),
            "multiclass",
            ["evaluate.gates.min.acuracy: not a metric of task multiclass; did you mean 'accuracy'?"],
        ),
        (
            GateSpec(min={"x": 1.0}),
            "regression",
            ["evaluate.gates.min.x: not a metric of task regression; expected one of rmse, mae, r2, pinball"],
        ),
    ],
)
def test_a_gate_that_cannot_be_judged_is_a_fault_of_params(gates: Any, task: str, faults: list[str]) -> None:
    assert list(gate_faults(gates, registry.task(task))) == faults


def segment(*ends: Any, rows: int = 100) -> Segment:
    levels = [
        Level(level=f"l{number}", rows=rows, base_rate=0.5, score=Estimate(value=low, low=low, high=high))
        for number, (low, high) in enumerate(ends)
    ]
    few = Level(level="few", rows=3, base_rate=0.5, score=Estimate(not_applicable="3 rows; at least 30 are needed"))
    return Segment(column="plan", levels=(*levels, few), omitted=0)


@pytest.mark.parametrize(
    ("ends", "more", "passed", "text"),
    [
        ([(0.5, 0.7), (0.6, 0.8)], True, True, "no level violates it significantly; 1 with too few rows not judged"),
        ([(0.5, 0.64), (0.6, 0.8)], True, False, "significantly violated by l0 (0.6400)"),
        ([(0.66, 0.7)], False, False, "significantly violated by l0 (0.6600)"),
        ([(0.6, 0.7)], False, True, "no level violates it significantly"),
    ],
)
def test_a_level_breaks_the_gate_with_its_whole_interval(
    ends: list[tuple[float, float]], more: bool, passed: bool, text: str
) -> None:
    spec = GateSpec(beat_baselines=False, segments=0.65)
    (reason,) = decide({}, {}, spec, segments=[segment(*ends)], greater_is_better=more).reasons
    assert (reason.passed, reason.judged) == (passed, True)
    assert text in reason.text


def test_a_segment_of_small_levels_is_neither_passed_nor_broken() -> None:
    found = decide({}, {}, GateSpec(beat_baselines=False, segments=0.65), segments=[segment()])
    (reason,) = found.reasons
    assert (found.passed, reason.passed, reason.judged) == (True, False, False)


def test_a_rule_for_segments_without_segments_is_broken() -> None:
    assert not decide({}, {}, GateSpec(beat_baselines=False, segments=0.65)).passed


@pytest.mark.parametrize(
    ("error", "high", "passed", "text"),
    [
        (0.03, 0.01, True, "calibration error 0.0300, expected at most 0.05"),
        (0.06, 0.08, True, "not significant: up to 0.0800 occurs by chance"),
        (0.06, 0.04, False, "significant: at most 0.0400 occurs by chance"),
        (None, None, False, "not probabilities"),
    ],
)
def test_calibration_is_judged_against_the_limit_and_against_chance(
    error: float | None, high: float | None, passed: bool, text: str
) -> None:
    found = Calibration(bias=Estimate(value=0.0), error=error, chance=high, chance_high=high)
    (reason,) = decide({}, {}, GateSpec(beat_baselines=False, calibration=0.05), calibration=found).reasons
    assert reason.passed is passed
    assert text in reason.text


def test_latency_is_not_judged_until_it_is_measured() -> None:
    waiting = decide({}, {}, GateSpec(beat_baselines=False, latency_ms=5.0))
    assert (waiting.passed, waiting.reasons[0].judged) == (True, False)
    assert [latency(found, 5.0).passed for found in (4.9, 5.1)] == [True, False]


def test_broken_rules_come_first_and_unjudged_ones_last() -> None:
    rules = [
        Reason(passed=True, text="a"),
        Reason(passed=False, judged=False, text="b"),
        Reason(passed=False, text="c"),
    ]
    assert [rule.text for rule in verdict(rules).reasons] == ["c", "a", "b"]
