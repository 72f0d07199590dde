"""The verdict is a pure function of small values."""

import dataclasses

import numpy as np
import pytest

from lockstep.params.pipeline.drift import DriftSpec, MinEffect
from lockstep.pipeline.drift.comparison import Comparison, MissingChange, Series, Side, compare
from lockstep.pipeline.drift.statistics.measure import Measure, Significance
from lockstep.pipeline.drift.verdict import Verdict, decide, not_applicable

SCORE = Comparison(
    Series("score", "number"), Side(1000, 0), Side(1000, 0), {"psi": Measure(0.0), "ks": Significance(0, 1.0)}
)


def measured(name: str, p: float = 1.0, psi: float = 0.0, **changes: object) -> Comparison:
    plain = Comparison(
        Series(name, "number"), Side(1000, 0), Side(1000, 0), {"psi": Measure(psi), "ks": Significance(0.1, p)}
    )
    return dataclasses.replace(plain, **changes)


def statuses(verdict: Verdict) -> list[str]:
    return [judgement.status for judgement in verdict.features]


def test_a_certain_and_large_difference_is_drift_with_its_reasons() -> None:
    verdict = decide([measured("spend", 1e-9, 0.4), measured("age")], SCORE, DriftSpec())
    assert verdict.applicable
    assert verdict.drift
    assert statuses(verdict) == ["drifted", "stable"]
    assert verdict.reasons == (
        "1 of 2 features drifted, more than drift.max_drifted = 0",
        "spend: PSI 0.4 ≥ 0.2 (p 1e-09)",
        "score stable: PSI 0 < 0.2 (p 1)",
    )


@pytest.mark.parametrize(("p", "psi"), [(1e-9, 0.19), (0.2, 0.9)])
def test_neither_a_small_nor_an_uncertain_difference_is_drift(p: float, psi: float) -> None:
    verdict = decide([measured("spend", p, psi)], SCORE, DriftSpec())
    assert verdict.applicable
    assert not verdict.drift
    assert statuses(verdict) == ["stable"]


def test_the_effect_of_one_test_does_not_vouch_for_another() -> None:
    """Many values are missing by chance, and the values differ surely but by nothing: neither is drift."""
    sides = {"reference": Side(1000, 100), "current": Side(1000, 200), "missing": MissingChange(0.4, 0.8)}
    verdict = decide([measured("spend", 1e-9, 0.01, **sides)], SCORE, DriftSpec())
    assert statuses(verdict) == ["stable"]


def test_values_that_go_missing_are_drift_even_when_all_do() -> None:
    sides = {
        "reference": Side(1000, 0),
        "current": Side(1000, 1000),
        "missing": MissingChange(1e-99, 7.6),
        "measures": {},
    }
    verdict = decide([measured("spend", **sides)], SCORE, DriftSpec())
    assert statuses(verdict) == ["drifted"]
    assert verdict.features[0].reason == "missing 0.0% → 100.0%, PSI 7.6 ≥ 0.1 (p 1e-99)"


def test_values_that_are_no_longer_missing_are_drift_too() -> None:
    sides = {"reference": Side(1000, 300), "current": Side(1000, 100), "missing": MissingChange(1e-9, 0.3)}
    assert statuses(decide([measured("spend", **sides)], SCORE, DriftSpec())) == ["drifted"]


@pytest.mark.parametrize(
    ("reference", "current", "found"), [(0, 100, True), (10, 100, True), (500, 450, False), (0, 5, False)]
)
def test_what_was_complete_may_not_go_missing_but_a_history_may_grow(reference: int, current: int, found: bool) -> None:
    holes = (np.where(np.arange(1000) < missing, np.nan, np.arange(1000)) for missing in (reference, current))
    verdict = decide([compare(Series("a", "number"), *holes)], SCORE, DriftSpec())
    assert verdict.drift == found


def test_two_tests_of_a_feature_count_as_two() -> None:
    sides = {"reference": Side(1000, 10), "current": Side(1000, 10), "missing": MissingChange(1.0, 0.0)}
    one, two = (decide([measured("a", 0.01, 0.5, **more)], SCORE, DriftSpec()) for more in ({}, sides))
    assert (one.features[0].p_value, two.features[0].p_value) == (0.01, 0.02)


def test_a_p_value_that_would_do_alone_does_not_do_among_many() -> None:
    many = [measured(f"f{i}", 0.8, 0.3) for i in range(30)]
    assert decide([measured("a", 0.02, 0.3)], SCORE, DriftSpec()).drift
    assert not decide([measured("a", 0.02, 0.3), *many], SCORE, DriftSpec()).drift


def test_series_outside_the_family_cost_no_power() -> None:
    calendar = [dataclasses.replace(measured(f"m{i}"), series=Series(f"m{i}", "number", "calendar")) for i in range(50)]
    verdict = decide([measured("a", 0.02, 0.3), *calendar], SCORE, DriftSpec())
    assert verdict.features[0].p_adjusted == 0.04
    assert verdict.features[1].status == "not applicable"
    assert verdict.features[1].reason == "calendar"


def test_what_is_ignored_is_neither_drifted_nor_stable() -> None:
    verdict = decide([measured("spend", 1e-9, 0.4), measured("age")], SCORE, DriftSpec(ignore=("spend",)))
    assert statuses(verdict) == ["ignored", "stable"]
    assert not verdict.drift


def test_up_to_max_drifted_features_may_drift() -> None:
    features = [measured("a", 1e-9, 0.4), measured("b", 1e-9, 0.4)]
    assert not decide(features, SCORE, DriftSpec(max_drifted=2)).drift
    assert decide(features, SCORE, DriftSpec(max_drifted=1)).drift


def test_drift_of_the_score_is_drift_however_many_features_may_drift() -> None:
    score = dataclasses.replace(measured("score", 1e-9, 0.4), series=SCORE.series)
    verdict = decide([measured("a")], score, DriftSpec(max_drifted=10))
    assert verdict.drift
    assert verdict.score.status == "drifted"
    assert verdict.reasons[-1].startswith("score drifted: PSI 0.4")


@pytest.mark.parametrize("rows", [(99, 1000), (1000, 99), (0, 1000)])
def test_few_rows_give_no_verdict_which_is_not_a_pass(rows: tuple[int, int]) -> None:
    sides = {"reference": Side(rows[0], 0), "current": Side(rows[1], 0)}
    verdict = decide([measured("a", 1e-9, 0.9, **sides)], measured("score", **sides), DriftSpec())
    assert not verdict.applicable
    assert not verdict.drift
    assert statuses(verdict) == ["not applicable"]
    assert "drift.min_rows is 100" in verdict.features[0].reason
    assert len(verdict.reasons) == 1
    assert "no feature could be judged: " in verdict.reasons[0]
    assert "drift.min_rows is 100" in verdict.reasons[0]


def test_few_values_are_not_compared_though_rows_are_many() -> None:
    sides = {"reference": Side(1000, 950), "current": Side(1000, 950), "missing": MissingChange(1.0, 0.0)}
    verdict = decide([measured("a", 1e-9, 0.9, **sides), measured("b")], SCORE, DriftSpec())
    assert statuses(verdict) == ["not applicable", "stable"]
    assert verdict.features[0].reason == "50 values on one side; drift.min_rows is 100"


def test_a_column_without_any_value_is_not_applicable() -> None:
    empty = compare(Series("a", "number"), np.full(500, np.nan), np.full(500, np.nan))
    verdict = decide([empty, measured("b")], SCORE, DriftSpec())
    assert verdict.features[0].reason == "no value on either side"


def test_a_constant_that_stays_is_stable() -> None:
    constant = compare(Series("a", "number"), np.full(500, 0.1), np.full(300, 0.1))
    verdict = decide([constant], SCORE, DriftSpec())
    assert statuses(verdict) == ["stable"]
    assert verdict.features[0].p_value == 1


def test_if_nothing_can_be_judged_every_series_has_a_reason() -> None:
    calendar = dataclasses.replace(measured("m"), series=Series("m", "number", "calendar"))
    verdict = not_applicable([measured("a"), calendar], SCORE, "no rows")
    assert (verdict.applicable, verdict.drift, verdict.reasons) == (False, False, ("no rows",))
    assert [judgement.reason for judgement in verdict.features] == ["no rows", "calendar"]
    assert verdict.score.status == "not applicable"


def test_a_hostile_name_is_one_short_line_of_the_reasons() -> None:
    name = "<script>\n\x1b[31m" + "x" * 500
    verdict = decide([measured(name, 1e-9, 0.4)], SCORE, DriftSpec())
    assert all(line.isprintable() for line in verdict.reasons)
    assert len(verdict.reasons[1]) < 150


def test_a_least_effect_of_zero_leaves_the_test_alone_to_decide() -> None:
    spec = DriftSpec(min_effect=MinEffect(psi=0.0, missing=0.0))
    assert decide([measured("a", 1e-9, 0.001)], SCORE, spec).drift


def test_the_verdict_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        decide([measured("a")], SCORE, DriftSpec()).drift = True
