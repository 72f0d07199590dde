"""The search returns the best complete trial, the same for the same seed, also after interruptions."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from lockstep.core.errors import LockstepError, TransientError
from lockstep.learners.spec import Budget, Fitted
from lockstep.params.pipeline.tune import Start
from lockstep.pipeline.tune import workers
from lockstep.pipeline.tune.sampler import STARTUP
from lockstep.pipeline.tune.search import SearchResult, Study, search
from lockstep.pipeline.tune.storage import Place, place
from lockstep.tasks import registry
from tests.unit.pipeline.tune.parabola import Killed, Parabola, objective, spec


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Study]:
    """Studies by name, kept in memory: tests/integration has those that are kept in databases."""
    kept: dict[str, optuna.storages.InMemoryStorage] = {}

    def opened(where: Place, _: object) -> optuna.storages.InMemoryStorage:
        return kept.setdefault(where.location.url, optuna.storages.InMemoryStorage())

    monkeypatch.setattr("lockstep.pipeline.tune.search.open_storage", opened)
    monkeypatch.setattr("lockstep.pipeline.tune.search.closed", lambda _: nullcontext())
    return lambda name: Study(name, place(None, tmp_path, name), tmp_path / name)


@pytest.fixture
def run(study: Callable[[str], Study]) -> Callable[..., SearchResult]:
    """A search whose study is new."""
    new = count()
    return lambda *arguments: search(*arguments, study(f"new {next(new)}"))


def test_the_best_trial_is_the_best_of_the_complete_ones(run: Callable[..., SearchResult]) -> None:
    result = run(objective(), spec(trials=30))
    complete = [trial for trial in result.trials if trial.score is not None]
    assert result.best.score == min(trial.score for trial in complete)
    assert abs(result.best.params["x"] - 0.3) < 0.1
    assert result.best.rounds == 7
    assert result.by_estimator == {"xgboost": result.best}


def test_the_same_seed_gives_the_same_trials(run: Callable[..., SearchResult]) -> None:
    runs = [run(objective(), spec()).trials for _ in range(2)]
    assert runs[0] == runs[1]
    assert run(objective(seed=8), spec()).trials != runs[0]


def test_it_learns_from_its_trials(run: Callable[..., SearchResult]) -> None:
    """TPE ends closer to the optimum than drawing at random, on average over seeds."""
    gaps = {
        sampler: np.mean([run(objective(seed=s), spec(sampler=sampler, pruner="none")).best.score for s in range(8)])
        for sampler in ("tpe", "random")
    }
    assert gaps["tpe"] < gaps["random"]


def test_pruned_trials_cost_fewer_fits_and_have_no_score(run: Callable[..., SearchResult]) -> None:
    pruning, full = Parabola(), Parabola()
    result = run(objective(pruning), spec(trials=60))
    run(objective(full), spec(trials=60, pruner="none"))
    assert full.fits == 120
    assert pruning.fits < 110
    assert any(trial.score is None for trial in result.trials)


def test_every_draw_is_in_its_dimension_and_a_trial_has_only_those_of_its_estimator(
    run: Callable[..., SearchResult],
) -> None:
    result = run(objective(ridge=Parabola()), spec(trials=30))
    assert {trial.estimator for trial in result.trials} == {"xgboost", "ridge"}
    for trial in result.trials:
        assert 0 <= trial.params["x"] <= 1
        if trial.estimator == "ridge":
            assert set(trial.params) == {"x"}
            assert trial.params["x"] in (0, 0.25, 0.5, 0.75, 1)
        else:
            assert trial.params["kind"] in ("good", "bad")
            assert trial.params["depth"] in (1, 2, 3, 4)


def test_the_better_estimator_gets_most_of_the_trials_and_each_one_has_a_best(
    run: Callable[..., SearchResult],
) -> None:
    result = run(objective(ridge=Parabola(offset=0.5)), spec(trials=40))
    later = [trial.estimator for trial in result.trials[STARTUP:]]
    assert later.count("xgboost") > 0.6 * len(later)
    assert result.best.estimator == "xgboost"
    assert result.by_estimator["ridge"].score > result.best.score


def test_it_starts_from_the_points_given(run: Callable[..., SearchResult]) -> None:
    first = {"x": 0.31, "kind": "good", "depth": 2}
    result = run(objective(), spec(start=[Start(estimator="xgboost", params=first)]))
    assert result.trials[0].params == first
    assert len(result.trials) == 20


def test_each_estimator_begins_with_its_defaults_as_far_as_the_space_has_them(
    run: Callable[..., SearchResult],
) -> None:
    first = {
        "xgboost": Parabola(defaults={"x": 7.0, "kind": "ugly", "depth": 3, "unheard_of": 1}),
        "lightgbm": Parabola(defaults={"x": 0.25}),
    }
    found = run(objective(first["xgboost"], lightgbm=first["lightgbm"]), spec(trials=4)).trials
    assert [trial.estimator for trial in found] == ["xgboost", "lightgbm"] * 2
    assert (found[0].params["x"], found[0].params["depth"]) == (1.0, 3), "the nearest that the space has"
    assert found[0].params["kind"] in {"good", "bad"}, "a choice that is not there is drawn"
    assert found[1].params == {"x": 0.25}
    assert found[2].params["x"] != found[0].params["x"]


def test_no_improvement_ends_it(run: Callable[..., SearchResult]) -> None:
    result = run(objective(), spec(trials=1000, patience=12))
    assert len(result.trials) == result.best.number + 1 + 12


def test_a_time_limit_ends_it_after_a_complete_trial(run: Callable[..., SearchResult]) -> None:
    short = spec(timeout="1m", trials=10_000).model_copy(update={"timeout": timedelta(seconds=0.2)})
    result = run(objective(), short)
    assert 1 <= len(result.trials) < 10_000
    assert result.best.score is not None


class Endless(Parabola):
    """Boosts for ever once one trial is complete, and lets others look on."""

    def fit(self, fold: Any, params: Any, budget: Budget, seed: int) -> Fitted:
        fitted = super().fit(fold, params, budget, seed)
        while self.fits > 2:  # folds of the first trial
            budget.watch([1.0])
        return fitted


def test_a_time_limit_breaks_a_trial_off_and_more_time_makes_it_again(study: Callable[[str], Study]) -> None:
    whole = search(objective(), spec(trials=6), study("whole"))
    short = spec(timeout="1m", trials=6).model_copy(update={"timeout": timedelta(seconds=0.2)})
    part = search(objective(Endless()), short, study("short"))
    assert part.trials == whole.trials[:1]
    assert search(objective(), spec(trials=6), study("short")) == whole


def test_progress_and_the_best_trial_so_far_are_reported(study: Callable[[str], Study]) -> None:
    told: list[tuple[int, float | None]] = []
    search(objective(), spec(trials=5), study("told"), lambda done, best: told.append((done, best and best.score)))
    assert [done for done, _ in told] == [0, 1, 2, 3, 4, 5]
    assert told[0][1] is None
    scores = [score for _, score in told[1:]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("dies_at", [1, 2, 11, 30])
def test_a_search_that_was_broken_off_returns_what_it_would_have_returned(
    dies_at: int, study: Callable[[str], Study]
) -> None:
    whole = search(objective(), spec(), study("whole"))
    learner = Parabola(dies_at=dies_at)
    with pytest.raises(Killed):
        search(objective(learner), spec(), study("broken"))
    before = learner.fits
    again = Parabola()
    assert search(objective(again), spec(), study("broken")) == whole
    assert before + again.fits <= fits_of(whole) + 2, "finished trials were made again"


def fits_of(result: SearchResult) -> int:
    """Two folds a trial, one of a pruned one at least."""
    return sum(2 if trial.score is not None else 1 for trial in result.trials)


def test_a_search_that_was_broken_off_again_and_again_ends_the_same(study: Callable[[str], Study]) -> None:
    whole = search(objective(), spec(trials=12), study("whole"))
    for _ in range(5):
        with pytest.raises(Killed):
            search(objective(Parabola(dies_at=4)), spec(trials=12), study("broken"))
    assert search(objective(), spec(trials=12), study("broken")) == whole


def test_more_trials_continue_the_study_and_fewer_are_its_first(study: Callable[[str], Study]) -> None:
    whole = search(objective(), spec(trials=16), study("whole"))
    part = search(objective(), spec(trials=8), study("grown"))
    more = Parabola()
    grown = search(objective(more), spec(trials=16), study("grown"))
    assert part.trials == whole.trials[:8]
    assert grown == whole
    assert more.fits <= 16
    assert search(objective(Parabola(dies_at=1)), spec(trials=8), study("grown")) == part


def test_a_file_has_one_worker(study: Callable[[str], Study], monkeypatch: pytest.MonkeyPatch) -> None:
    busy = study("busy")
    monkeypatch.setattr("lockstep.pipeline.tune.search.LOCK_PATIENCE", 0.3)
    with workers.only_worker(busy.folder, 0), pytest.raises(TransientError, match=r"being searched by process \d+"):
        search(objective(), spec(), busy)
    assert len(search(objective(), spec(trials=2), busy).trials) == 2


def test_what_dead_workers_left_is_cleared(study: Callable[[str], Study]) -> None:
    where = study("cleared")
    with pytest.raises(Killed):
        search(objective(Parabola(dies_at=1)), spec(trials=2), where)
    assert len(list(where.folder.glob("*.worker"))) == 1
    search(objective(), spec(trials=2), where)
    assert list(where.folder.glob("*.worker")) == []


@pytest.mark.parametrize(
    ("task", "usual"), [("binary", "average_precision"), ("multiclass", "log_loss"), ("regression", "rmse")]
)
def test_every_task_has_a_usual_metric(task: Any, usual: str) -> None:
    assert registry.task(task).search_metric(None).name == usual


def test_a_metric_of_another_task_is_refused_with_those_there_are() -> None:
    with pytest.raises(LockstepError, match=r"tune\.metric: 'rmse' is not for task binary.*roc_auc"):
        registry.task("binary").search_metric("rmse")


def test_more_is_better_where_it_is() -> None:
    assert registry.task("binary").search_metric("roc_auc").greater_is_better
    assert not registry.task("multiclass").search_metric("log_loss", 3).greater_is_better
    assert registry.task("multiclass").search_metric("log_loss", 3).score(np.array([0, 1]), np.full((2, 3), 1 / 3)) > 1
