"""Contributions of every learner that has exact ones: they add up to the raw prediction less its mean."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.inputs import to_inputs
from lockstep.fitting import native
from lockstep.learners.registry import learner
from lockstep.pipeline.evaluate.contributions import Contributions, Explainer
from lockstep.tasks.registry import task as kind_of_task
from tests.contract.test_learners import CASES, installed, write_model
from tests.unit.fitting.frames import HOSTILE, make_frame, make_schema

Explained = tuple[str, pd.DataFrame, Contributions, np.ndarray, str]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def explained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """A model, rows, their contributions, and their raw predictions: log-odds, scores of classes, or numbers."""
    name, task, params = request.param
    installed(name)
    directory = tmp_path_factory.mktemp("model")
    write_model(name, task, params, directory)
    frame = make_frame(task, rows=400, seed=3)
    found = Explainer.read(directory, make_schema(task), make_frame(task, seed=1)).explain(frame)
    return task, frame, found, raw(directory, name, task, frame), name


def raw(directory: Path, name: str, task: str, frame: pd.DataFrame) -> np.ndarray:
    """Predict with the learner's own means, before the link function."""
    pipeline = native.read(directory, learner(name), kind_of_task(task).output)
    matrix = pipeline.named_steps["preprocess"].transform(to_inputs(frame, make_schema(task)))
    estimator, matrix = pipeline.named_steps["model"], matrix.astype(np.float32)
    if hasattr(estimator, "get_booster"):
        return estimator.predict(matrix, output_margin=True)
    if hasattr(estimator, "booster_"):
        return estimator.booster_.predict(matrix, raw_score=True)
    if task == "regression":
        return estimator.predict(matrix)
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(matrix)
    shares = estimator.predict_proba(matrix)
    return shares[:, 1] if task == "binary" else shares


def test_they_add_up_to_the_raw_prediction_less_its_mean(explained: Explained) -> None:
    """What is left is the same for all rows; with more classes, for all rows of one likeliest class."""
    _, _, found, margins, _ = explained
    margins = margins.reshape(len(margins), -1)
    likeliest = margins.argmax(axis=1)
    rest = margins[np.arange(len(margins)), likeliest] - found.moved.sum(axis=1)
    scale = max(1.0, np.abs(margins).max())
    assert np.abs(found.moved).max() > 0.1
    for number in np.unique(likeliest):
        assert np.ptp(rest[likeliest == number]) < 2e-3 * scale


def test_what_is_left_is_the_mean_raw_prediction_of_the_training_rows(explained: Explained, tmp_path: Path) -> None:
    task, _, found, margins, name = explained
    if task == "multiclass":
        pytest.skip("the likeliest class differs by row")
    rest = float(np.mean(margins - found.moved.sum(axis=1)))
    spread = float(np.std(margins))
    write_model(name, task, next(case[2] for case in CASES if case[:2] == (name, task)), tmp_path)
    assert rest == pytest.approx(float(np.mean(raw(tmp_path, name, task, make_frame(task, seed=1)))), abs=0.1 * spread)


def test_a_feature_without_values_moves_nothing_and_the_others_do(explained: Explained) -> None:
    _, _, found, _, _ = explained
    means = found.mean_absolute()
    assert means["empty"] == 0.0
    assert min(means["spend"], means["visits"], means[HOSTILE]) > 0.0


def test_a_row_is_explained_alike_alone_and_among_others(explained: Explained, tmp_path: Path) -> None:
    task, frame, found, _, name = explained
    write_model(name, task, next(case[2] for case in CASES if case[:2] == (name, task)), tmp_path)
    explainer = Explainer.read(tmp_path, make_schema(task), make_frame(task, seed=1))
    assert np.allclose(explainer.explain(frame.iloc[[7]]).moved[0], found.moved[7], atol=2e-4)


def test_the_number_of_threads_changes_no_bit(
    explained: Explained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, frame, _, _, name = explained
    write_model(name, task, next(case[2] for case in CASES if case[:2] == (name, task)), tmp_path)
    explainer = Explainer.read(tmp_path, make_schema(task), make_frame(task, seed=1))
    inputs = to_inputs(frame, make_schema(task))
    matrix = explainer.transformer.transform(inputs).astype(np.float32)
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr("os.cpu_count", lambda count=threads: count)
        found.append(explainer.additive.of(matrix))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])
