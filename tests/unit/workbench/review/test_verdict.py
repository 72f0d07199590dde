"""The verdict, case by case."""

from typing import Any

import pytest

from lockstep.artifacts.evaluation import Reason
from lockstep.decisions.paired.result import NotComparable
from lockstep.workbench.review.results import Model, Results
from lockstep.workbench.review.stages import Stage
from lockstep.workbench.review.verdict import NOT_RUN, verdict
from tests.unit.workbench.review.reviews import comparison, estimate, model

FRESH = (Stage(name="train", standing="rerun"), Stage(name="evaluate", standing="rerun"))
DUE = (Stage(name="train", standing="to run"), Stage(name="evaluate", standing="to run"))
BELOW = (Stage(name="evaluate", standing="rerun"), Stage(name="report", standing="to run"))
GOOD, BAD = model(estimate(0.8)), model(estimate(0.7), gate=False, reasons=(Reason(passed=False, text="too low"),))
LIAR = model(estimate(0.7), gate=True, reasons=(Reason(passed=False, text="too low"),))
UNJUDGED = model(estimate(0.7), gate=True, reasons=(Reason(passed=False, judged=False, text="latency"),))


def compared(word: str, new: Model = GOOD, **more: float | None) -> Results:
    return Results(old=GOOD, new=new, comparison=comparison((), verdict=word), **more)


@pytest.mark.parametrize(
    ("stages", "results", "expected"),
    [
        (FRESH, compared("better"), (False, "better", "passed", (), True)),
        (FRESH, compared("worse"), (False, "worse", "passed", (), True)),
        (FRESH, compared("worse", BAD), (False, "worse", "failed", ("too low",), False)),
        (FRESH, compared("better", LIAR), (False, "better", "failed", ("too low",), False)),
        (FRESH, compared("better", UNJUDGED), (False, "better", "passed", (), True)),
        (FRESH, compared("equivalent"), (False, "no detectable difference", "passed", (), True)),
        (FRESH, compared("undecided"), (False, "no detectable difference", "passed", (), True)),
        (FRESH, Results(same=True, old=GOOD, new=GOOD), (False, "no difference", "passed", (), True)),
        (FRESH, Results(same=True, old=BAD, new=BAD), (False, "no difference", "failed", ("too low",), False)),
        (
            FRESH,
            Results(old=GOOD, new=GOOD, not_comparable=NotComparable(reason="other")),
            (False, "not comparable", "passed", (), True),
        ),
        (FRESH, Results(left_out=("gone",)), (False, "unknown", "unknown", (), True)),
        (FRESH, Results(new=BAD), (False, "unknown", "failed", ("too low",), False)),
        (DUE, compared("better"), (True, "unknown", "unknown", (), False)),
        (DUE, compared("better", BAD), (True, "unknown", "unknown", (), False)),
        (BELOW, compared("better"), (True, "better", "passed", (), False)),
        ((), Results(), (False, "unknown", "unknown", (), True)),
    ],
)
def test_a_verdict_is_a_function_of_stages_and_results(
    stages: tuple[Any, ...], results: Results, expected: tuple[Any, ...]
) -> None:
    found = verdict(stages, results)
    assert (found.stale, found.standing, found.gates, found.broken, found.passed) == expected


@pytest.mark.parametrize(
    ("stages", "results", "why"),
    [
        (DUE, compared("better"), NOT_RUN),
        (FRESH, Results(not_comparable=NotComparable(reason="other labels")), "other labels"),
        (FRESH, Results(left_out=("one", "two")), "the results are not available"),
        (FRESH, Results(), "there is nothing to compare"),
        (FRESH, compared("better"), "ROC AUC +0.0088 (+0.0031 to +0.0146) on 4,105 common rows"),
        (FRESH, compared("better", seed_noise=0.02),
         "ROC AUC +0.0088 (+0.0031 to +0.0146) on 4,105 common rows; another seed alone moves it by up to 0.0200"),
        (FRESH, compared("better", seed_noise=0.001), "ROC AUC +0.0088 (+0.0031 to +0.0146) on 4,105 common rows"),
    ],
)  # fmt: skip
def test_the_verdict_has_a_reason(stages: tuple[Stage, Stage], results: Results, why: str) -> None:
    assert verdict(stages, results).why == why


@pytest.mark.parametrize(
    ("stages", "results", "withheld"),
    [
        (FRESH, compared("better"), ()),
        (FRESH, Results(), ()),
        (FRESH, Results(new=GOOD), ()),
        (FRESH, Results(old=GOOD, left_out=("gone",)), ("the model's evaluation",)),
        ((Stage(name="train", standing="not judged"),), compared("better"), ()),
        (
            (Stage(name="train", standing="not judged", evades=True),),
            compared("better"),
            ("whether dvc.lock is up to date: train",),
        ),
    ],
)
def test_what_only_the_base_has_is_not_a_pass(
    stages: tuple[Any, ...], results: Results, withheld: tuple[Any, ...]
) -> None:
    found = verdict(stages, results)
    assert found.withheld == withheld
    assert found.passed == (not withheld)


@pytest.mark.parametrize(("noise", "within"), [(None, False), (0.001, False), (0.02, True)])
def test_a_gain_within_the_noise_of_the_seed_is_marked(noise: float | None, within: bool) -> None:
    assert verdict(FRESH, compared("better", seed_noise=noise)).within_noise == within
