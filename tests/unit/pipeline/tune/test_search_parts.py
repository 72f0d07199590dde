"""The pure parts of the search: its end, the numbers of trials, and the forecast of a fit."""

from pathlib import Path

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState, create_trial
from sklearn.metrics import f1_score

from lockstep.core.errors import LockstepError, TransientError
from lockstep.learners.weights import class_weights
from lockstep.params.pipeline.tune import Range
from lockstep.pipeline.tune import trial_ids, workers
from lockstep.pipeline.tune.hyperparameter_importance import importances
from lockstep.pipeline.tune.objective import WINDOW, forecast, watch_for
from lockstep.pipeline.tune.search import Trial, enough
from lockstep.pipeline.tune.storage import open_storage, place
from lockstep.tasks.binary import best_f1

SCORES = st.lists(st.one_of(st.none(), st.floats(-1, 1)), max_size=30)


@settings(deadline=None)  # the first example imports
@given(SCORES, st.integers(1, 20), st.one_of(st.none(), st.integers(1, 5)))
def test_a_search_that_has_ended_ends_at_the_same_trial_however_many_follow(
    scores: list[float | None], trials: int, patience: int | None
) -> None:
    ends = [enough(scores[:n], trials, patience, greater_is_better=True) for n in range(len(scores) + 1)]
    known = [end for end in ends if end is not None]
    assert len(set(known)) <= 1
    assert all(end is None or end <= trials for end in ends)
    assert ends[len(ends) - len(known) :] == known, "it went on after it had ended"


def test_patience_counts_from_the_last_better_trial() -> None:
    assert enough([0.5, 0.6, None, 0.6], 99, 2, greater_is_better=True) == 4
    assert enough([0.5, 0.6, None, 0.7, 0.7], 99, 2, greater_is_better=True) is None
    assert enough([0.5, 0.4, 0.6, 0.4], 99, 2, greater_is_better=False) == 4
    assert enough([None, None, None], 99, 2, greater_is_better=False) is None, "nothing has been found yet"


def made(number: int, state: TrialState, again: int | None = None) -> optuna.trial.FrozenTrial:
    attributes = {} if again is None else {trial_ids.NUMBER: again}
    trial = create_trial(state=state, value=0.0 if state == TrialState.COMPLETE else None, user_attrs=attributes)
    trial.number = number
    return trial


def test_a_trial_made_again_keeps_its_number_and_moves_no_other() -> None:
    done, failed, running = TrialState.COMPLETE, TrialState.FAIL, TrialState.RUNNING
    trials = [made(0, done), made(1, failed), made(2, failed, again=1), made(3, done, again=1), made(4, done)]
    assert trial_ids.numbers(trials) == {0: 0, 1: 1, 2: 1, 3: 1, 4: 2}
    assert {own: trial.number for own, trial in trial_ids.finished(trials).items()} == {0: 0, 1: 3, 2: 4}
    assert trial_ids.broken(trials) == []
    assert trial_ids.broken([*trials[:3], made(3, running)]) == [1]


def curve(rate: float, rounds: int, floor: float = 0.3) -> list[float]:
    return [floor + 0.4 * rate**n for n in range(rounds)]


@pytest.mark.parametrize("rate", [0.9, 0.97, 0.995])
def test_a_fit_that_will_get_there_is_not_given_up(rate: float) -> None:
    losses = curve(rate, 1000)
    watch = watch_for(0.31)
    for rounds in range(1, 1001):
        watch(losses[:rounds])


def test_a_fit_that_will_not_get_there_is_given_up_early() -> None:
    watch, losses = watch_for(0.28), curve(0.97, 1000)
    with pytest.raises(optuna.TrialPruned):
        for rounds in range(1, 200):
            watch(losses[:rounds])


def test_the_limit_of_a_geometric_series_is_foreseen_with_slack() -> None:
    losses = curve(0.97, 3 * WINDOW)
    gain = losses[-1] - 0.3
    assert forecast(losses) == pytest.approx(0.3 - gain)
    assert forecast(losses[::-1]) == losses[-1], "what gains nothing stays where it is"
    assert forecast([1 - 0.001 * n * n for n in range(30)]) == -np.inf


def test_balanced_classes_have_equal_weight_and_rows_weigh_one_on_average() -> None:
    label = np.array([0.0, 0, 0, 1, 2, 2])
    weights = class_weights({"class_weight": "balanced"}, label, label)
    assert weights is not None
    assert [weights[label == k].sum() for k in range(3)] == pytest.approx([2, 2, 2])
    assert class_weights({"class_weight": "none"}, label, label) is None
    # validation rows weigh as those of training, whatever their own shares
    assert class_weights({"class_weight": "balanced"}, label, np.array([1.0, 1])) == pytest.approx([2, 2])


def test_a_worker_is_dead_when_its_process_is_and_only_then(tmp_path: Path) -> None:
    with workers.present(tmp_path) as name:
        assert not workers.is_dead(tmp_path, name)
        assert not workers.is_dead(tmp_path, "never seen here")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f"gone{workers.SUFFIX}").write_text("1")
    assert workers.is_dead(tmp_path, "gone")
    workers.forget_dead(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_storage_is_never_named_with_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDY_PASSWORD", "s3cret/word")
    with pytest.raises(TransientError) as error:
        open_storage(place("postgresql://me:${STUDY_PASSWORD}@127.0.0.1:9/none", tmp_path, "x"))
    assert "tune.storage: postgresql://me:${STUDY_PASSWORD}@127.0.0.1:9/none: does not answer" in str(error.value)
    assert "s3cret" not in f"{error.value!r} {error.value} {error.value.__cause__}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("$NOT_SET_ANYWHERE", "tune.storage: .*: not set in the environment"),
        ("studies.db", "tune.storage: studies.db: expected an SQLAlchemy URL"),
        ("nosuch://host/name", "tune.storage: nosuch://host/name: no driver"),
    ],
)
def test_an_invalid_storage_is_refused(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(LockstepError, match=message):
        open_storage(place(url, tmp_path, "x"))


def test_what_the_score_depends_on_comes_first() -> None:
    rng = np.random.default_rng(0)
    points = [{"x": float(rng.random()), "kind": str(rng.choice(["a", "b"]))} for _ in range(60)]
    trials = [Trial(i, "xgboost", point, None, None, -((point["x"] - 0.3) ** 2)) for i, point in enumerate(points)]
    space = {"kind": Range(type="choice", choices=("a", "b")), "x": Range(low=0, high=1)}
    found = importances(trials, space, greater_is_better=True)
    assert list(found) == ["x", "kind"]
    assert sum(found.values()) == pytest.approx(1, abs=1e-3)
    assert importances(trials[:5], space, greater_is_better=True) == {}, "too few to tell"


@settings(deadline=None)  # the first example imports
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=40))
def test_f1_is_that_of_the_best_threshold(rows: list[tuple[int, float]]) -> None:
    label, probability = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    if not label.any():
        return
    expected = max(f1_score(label, probability >= threshold) for threshold in probability)
    assert best_f1(label, probability) == pytest.approx(expected)
