"""The challenger is recommended if its gate passed and it is surely not worse than allowed; else the reason is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.artifacts.evaluation import Reason, Verdict
from lockstep.decisions.comparison import Comparison
from lockstep.decisions.promotion import decide
from lockstep.params.retrain import RetrainSpec
from lockstep.statistics.estimate import Estimate

PASSED = Verdict(passed=True, reasons=(Reason(passed=True, text="roc_auc is 0.8, expected at least 0.7"),))
FAILED = Verdict(passed=False, reasons=(Reason(passed=False, text="roc_auc is 0.6, expected at least 0.7"),))
MARGINS = st.floats(0, 0.1)
GAINS = st.tuples(*[st.floats(-0.2, 0.2)] * 3).map(sorted).map(lambda g: Estimate(low=g[0], value=g[1], high=g[2]))


def compared(gain: Estimate) -> Comparison:
    return Comparison("average_precision", 1234, Estimate(value=0.5), Estimate(value=0.4), gain)


def gained(low: float, value: float, high: float) -> Comparison:
    return compared(Estimate(low=low, value=value, high=high))


@pytest.mark.parametrize(
    ("gate", "comparison", "margin", "promote"),
    [
        (PASSED, gained(0.01, 0.02, 0.03), 0.0, True),
        (PASSED, gained(-0.01, 0.02, 0.03), 0.0, False),  # perhaps worse
        (PASSED, gained(-0.01, 0.02, 0.03), 0.01, True),  # by no more than the margin
        (PASSED, gained(-0.010001, 0.02, 0.03), 0.01, False),
        (PASSED, gained(0.0, 0.0, 0.0), 0.0, True),  # the same predictions are surely not worse
        (FAILED, gained(0.01, 0.02, 0.03), 0.0, False),
        (PASSED, "the features changed", 1.0, False),
        (PASSED, compared(Estimate(not_applicable="one class only")), 1.0, False),
        (PASSED, compared(Estimate(value=0.1, not_applicable="no interval")), 1.0, False),
        (Verdict(passed=True, reasons=()), gained(0.01, 0.02, 0.03), 0.0, True),
        (Verdict(passed=False, reasons=()), gained(0.01, 0.02, 0.03), 0.0, False),
    ],
)
def test_the_rule(gate: Verdict, comparison: Comparison | str, margin: float, promote: bool) -> None:
    decision = decide(gate, comparison, RetrainSpec(margin=margin))
    assert decision.promote is promote
    assert decision.word == ("promote" if promote else "keep")


@given(st.sampled_from([PASSED, FAILED]), GAINS, MARGINS)
def test_the_rule_is_what_it_says(gate: Verdict, gain: Estimate, margin: float) -> None:
    assert gain.low is not None
    expected = gate.passed and gain.low >= -margin
    assert decide(gate, compared(gain), RetrainSpec(margin=margin)).promote is expected


@given(GAINS, MARGINS, st.floats(0, 0.1))
def test_a_better_challenger_is_never_turned_down_for_it(gain: Estimate, margin: float, more: float) -> None:
    better = Estimate(low=gain.low + more, value=gain.value + more, high=gain.high + more)  # type: ignore[operator]
    spec = RetrainSpec(margin=margin)
    assert decide(PASSED, compared(better), spec).promote or not decide(PASSED, compared(gain), spec).promote


def test_the_reasons_hold_every_number() -> None:
    assert decide(PASSED, gained(-0.01, 0.1, 0.2), RetrainSpec(margin=0.005)).reasons == (
        (
            "no: average_precision 0.5000, champion 0.4000 on the same 1,234 rows: gain +0.1000, "
            "interval -0.0100 to +0.2000, whose low end is below -0.005 (retrain.margin)"
        ),
        "ok: roc_auc is 0.8, expected at least 0.7",
    )


def test_what_cannot_be_compared_says_why() -> None:
    assert decide(PASSED, "the features changed", RetrainSpec()).reasons[0] == (
        "no: cannot be compared with the champion: the features changed"
    )
    assert (
        "one class only"
        in decide(PASSED, compared(Estimate(not_applicable="one class only")), RetrainSpec()).reasons[0]
    )
