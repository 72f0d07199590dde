"""A challenger is recommended if its gate passes and it is not worse than the champion by more than the margin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.artifacts.evaluation import Reason, Verdict
from lockstep.decisions.paired.result import Comparison, Contest, NotComparable
from lockstep.decisions.promotion import decide, no_champion, not_worse
from lockstep.statistics.estimate import Estimate

PASSED = Verdict(passed=True, reasons=(Reason(passed=True, text="roc_auc is 0.8, expected at least 0.7"),))
FAILED = Verdict(passed=False, reasons=(Reason(passed=False, text="roc_auc is 0.6, expected at least 0.7"),))
MARGINS = st.floats(0, 0.1)
GAINS = st.tuples(*[st.floats(-0.2, 0.2)] * 3).map(sorted).map(lambda g: Estimate(low=g[0], value=g[1], high=g[2]))


def compared(gain: Estimate, confidence: float = 0.95) -> Comparison:
    main = Contest(name="ap", title="PR AUC", first=Estimate(value=0.4), second=Estimate(value=0.5), gain=gain)
    return Comparison.model_construct(main="ap", rows=1234, confidence=confidence, contests=(main,))


def gained(low: float, value: float, high: float) -> Comparison:
    return compared(Estimate(low=low, value=value, high=high))


@pytest.mark.parametrize(
    ("outcome", "margin", "passed"),
    [
        (gained(0.01, 0.02, 0.03), 0.0, True),
        (gained(-0.01, 0.02, 0.03), 0.0, False),  # possibly worse
        (gained(-0.01, 0.02, 0.03), 0.01, True),  # by no more than the margin
        (gained(-0.010001, 0.02, 0.03), 0.01, False),
        (gained(0.0, 0.0, 0.0), 0.0, True),  # the same predictions
        (NotComparable(reason="the features changed"), 1.0, False),
        (compared(Estimate(not_applicable="one class only")), 1.0, False),
        (compared(Estimate(value=0.1, not_applicable="no interval")), 1.0, False),
    ],
)
def test_the_rule_needs_the_whole_interval_above_the_margin(
    outcome: Comparison | NotComparable, margin: float, passed: bool
) -> None:
    rule = not_worse("main", outcome, margin)
    assert (rule.passed, rule.judged) == (passed, True)
    assert decide(PASSED, rule).promote is passed
    assert not decide(FAILED, rule).promote


@given(GAINS, MARGINS)
def test_the_rule_is_its_formula(gain: Estimate, margin: float) -> None:
    assert gain.low is not None
    assert not_worse("main", compared(gain), margin).passed is (gain.low >= -margin)


@given(GAINS, MARGINS, st.floats(0, 0.1))
def test_a_larger_gain_never_revokes_a_promotion(gain: Estimate, margin: float, more: float) -> None:
    better = Estimate(low=gain.low + more, value=gain.value + more, high=gain.high + more)  # type: ignore[operator]
    passed = [not_worse("main", compared(one), margin).passed for one in (gain, better)]
    assert passed != [True, False]


@pytest.mark.parametrize(("passed", "promote"), [(True, True), (False, False)])
def test_a_gate_without_rules_decides_by_its_verdict(passed: bool, promote: bool) -> None:
    decision = decide(Verdict(passed=passed, reasons=()), not_worse("main", gained(0.01, 0.02, 0.03), 0.0))
    assert (decision.promote, decision.word) == (promote, "promote" if promote else "keep")


def test_without_a_champion_the_rule_is_neither_passed_nor_broken() -> None:
    decision = decide(PASSED, no_champion())
    assert decision.promote
    assert decision.lines == (
        "ok: roc_auc is 0.8, expected at least 0.7",
        "--: there is no champion to compare with",
    )


@pytest.mark.parametrize(
    ("outcome", "margin", "text"),
    [
        (gained(-0.01, 0.1, 0.2), 0.005, "possibly worse than main by more than promote.margin (0.005): PR AUC 0.5000"),
        (gained(-0.01, 0.1, 0.2), 0.0, "against 0.4000 on 1,234 common rows, gain +0.1000 (95% interval -0.0100 to"),
        (gained(-0.03, -0.02, -0.01), 0.0, "significantly worse than main by more than promote.margin (0)"),
        (compared(Estimate(low=0.0, value=0.1, high=0.2), 0.9), 0.0, "gain +0.1000 (90% interval +0.0000 to +0.2000)"),
        (NotComparable(reason="the split changed"), 0.0, "not comparable with main: the split changed"),
        (compared(Estimate(not_applicable="one class only")), 0.0, "not comparable with main: one class only"),
    ],
)  # fmt: skip
def test_the_text_has_every_number(outcome: Comparison | NotComparable, margin: float, text: str) -> None:
    assert text in not_worse("main", outcome, margin).text
