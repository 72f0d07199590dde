"""Intervals cover the true value, entities are resampled, results do not depend on threads."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, norm

from lockstep.statistics import bootstrap, weighted
from lockstep.statistics.estimate import Estimate


def intervals(
    statistic: Callable[..., Any], rows: int, codes: NDArray[Any] | None = None, *, resamples: int = 400, seed: int = 1
) -> Estimate:
    values = bootstrap.resample([statistic], rows, codes, resamples=resamples, seed=seed)[0]
    return bootstrap.interval(bootstrap.observed(statistic, rows), values, 0.95, "reason")


def test_intervals_of_the_auc_cover_its_true_value_about_as_often_as_they_say() -> None:
    """Binormal scores a distance apart have an AUC of Phi(distance / sqrt 2)."""
    distance, repeats = 1.0, 150
    truth = norm.cdf(distance / np.sqrt(2))
    rng = np.random.default_rng(11)
    hits = 0
    for repeat in range(repeats):
        positive = rng.random(150) < 0.4
        score = rng.normal(size=150) + distance * positive
        found = intervals(weighted.roc_auc(positive, score), 150, resamples=200, seed=repeat)
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / repeats <= 0.99


def test_intervals_of_a_clustered_mean_cover_where_intervals_by_row_do_not() -> None:
    """Rows of one entity share its effect: drawn one by one they pretend to be more than there are."""
    rng = np.random.default_rng(12)
    entities, each, repeats = 60, 6, 120
    codes = np.repeat(np.arange(entities), each)
    hits = {"entity": 0, "row": 0}
    for repeat in range(repeats):
        values = rng.normal(size=entities)[codes] + 0.3 * rng.normal(size=len(codes))
        statistic = weighted.ratio(values)
        for unit, clusters in (("entity", codes), ("row", None)):
            found = intervals(statistic, len(codes), clusters, resamples=200, seed=repeat)
            hits[unit] += found.low <= 0 <= found.high
    assert hits["entity"] / repeats >= 0.87
    assert hits["row"] / repeats <= 0.75


def test_four_copies_of_each_row_double_the_width_by_entity() -> None:
    """The variance of a mean of n/4 entities is four times that of n rows."""
    rng = np.random.default_rng(13)
    codes = np.repeat(np.arange(250), 4)
    statistic = weighted.ratio(rng.normal(size=250)[codes])
    by_entity = intervals(statistic, 1000, codes, resamples=2000)
    by_row = intervals(statistic, 1000, resamples=2000)
    assert (by_entity.high - by_entity.low) / (by_row.high - by_row.low) == pytest.approx(2.0, rel=0.15)


def test_rows_without_a_sibling_are_drawn_as_rows() -> None:
    assert bootstrap.clusters(np.array(["b", "a", "c"])) is None
    np.testing.assert_array_equal(bootstrap.clusters(np.array(["b", "a", "b"])), [1, 0, 1])


def test_as_many_are_drawn_as_there_are() -> None:
    rng = np.random.default_rng(0)
    assert (bootstrap.draw_weights(rng, 5, 40, None).sum(axis=1) == 40).all()
    codes = np.array([0, 0, 1, 2, 2, 2])
    weights = bootstrap.draw_weights(rng, 50, 6, codes)
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    for rows in ([0, 1], [3, 4, 5]):
        assert (weights[:, rows] == weights[:, rows[:1]]).all()


def test_draws_follow_the_binomial_law_of_drawing_with_replacement() -> None:
    counts = bootstrap.draw_weights(np.random.default_rng(1), 4000, 20, None).ravel()
    share = np.bincount(counts, minlength=4)[:4] / len(counts)
    expected = [(19 / 20) ** 20, (19 / 20) ** 19, 190 / 400 * (19 / 20) ** 18]
    np.testing.assert_allclose(share[:3], expected, atol=0.01)


@pytest.mark.parametrize("rows", [30, 70_000])
def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    rng = np.random.default_rng(2)
    statistic = weighted.roc_auc(rng.random(rows) < 0.3, rng.random(rows))
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(bootstrap, "_processors", lambda threads=threads: threads)
        found.append(bootstrap.resample([statistic], rows, None, resamples=20, seed=7))
    np.testing.assert_array_equal(*found)


def test_another_seed_gives_other_draws() -> None:
    statistic = weighted.ratio(np.arange(50.0))
    first, second = (bootstrap.resample([statistic], 50, None, resamples=100, seed=seed) for seed in (1, 2))
    assert (first != second).any()


def test_all_statistics_see_the_same_draws() -> None:
    """So that a difference is paired: of a statistic and its copy it is zero on every resample."""
    statistic = weighted.ratio(np.random.default_rng(0).random(200))
    values = bootstrap.resample([statistic, statistic], 200, None, resamples=300, seed=3)
    np.testing.assert_array_equal(values[0], values[1])


def test_progress_counts_every_resample() -> None:
    done = []
    bootstrap.resample([weighted.ratio(np.ones(10))], 10, None, resamples=123, seed=0, advance=done.append)
    assert sum(done) == 123


def test_what_is_not_defined_is_said_in_words() -> None:
    alone = bootstrap.interval(float("nan"), np.full(10, np.nan), 0.95, "needs two")
    assert (alone.value, alone.low, alone.high, alone.not_applicable) == (None, None, None, "needs two")
    often = bootstrap.interval(0.5, np.array([0.5] * 90 + [np.nan] * 10), 0.95, "needs two")
    assert (often.value, often.low, often.not_applicable) == (0.5, None, "no interval: in many resamples, needs two")
    seldom = bootstrap.interval(0.5, np.array([0.5] * 99 + [np.nan]), 0.95, "needs two")
    assert (seldom.low, seldom.high, seldom.not_applicable) == (0.5, 0.5, None)


def test_the_interval_is_that_of_the_percentiles() -> None:
    found = bootstrap.interval(50.0, np.arange(101.0), 0.9, "")
    assert (found.low, found.high) == pytest.approx((4.1, 95.9))  # the 5.1-th and the 96.9-th of 101


def test_many_units_are_drawn_by_the_law_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts drawn by buckets add up, have the multinomial's spread, and the same between any two units."""
    few, rng = bootstrap.draw_weights(np.random.default_rng(1), 4000, 40, None), np.random.default_rng(2)
    monkeypatch.setattr(bootstrap, "BUCKET", 16)
    many = bootstrap.draw_weights(rng, 4000, 40, None)
    for counts in (few, many):
        assert (counts.sum(axis=1) == 40).all()
        assert counts.mean(axis=0) == pytest.approx(np.ones(40), abs=0.08)
        assert np.bincount(counts.ravel(), minlength=4)[:4] / counts.size == pytest.approx(
            binom.pmf(range(4), 40, 1 / 40), abs=0.01
        )
        covariance = np.cov(counts, rowvar=False)
        between = covariance[~np.eye(40, dtype=bool)].reshape(40, 39)
        assert covariance.diagonal() == pytest.approx(np.full(40, 39 / 40), abs=0.12)
        assert between.mean(axis=1) == pytest.approx(np.full(40, -1 / 40), abs=0.01)
        assert np.var(counts[:, :16].sum(axis=1)) == pytest.approx(40 * 0.4 * 0.6, rel=0.1)
