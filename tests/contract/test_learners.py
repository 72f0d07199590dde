"""One suite that every learner is fed through, for every task it is for."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lockstep.artifacts.bundle import Model, seal
from lockstep.artifacts.schema import LABEL
from lockstep.core.errors import LockstepError
from lockstep.fitting.encoding import Encoding
from lockstep.fitting.training import Recipe
from lockstep.learners.estimators.xgboost import LOOK
from lockstep.learners.registry import learner, names
from lockstep.learners.spec import CLASS_WEIGHT, Budget, Constraints, LearnerSpec, Part, predict
from lockstep.learners.weights import row_weights
from lockstep.pipeline.train.adversarial import adversarial
from lockstep.pipeline.train.parity import parity
from tests.unit.fitting.frames import HOSTILE, make_frame, make_schema, make_signature

FAST = {
    "xgboost": {"max_depth": 3, "learning_rate": 0.2},
    "hist_gradient_boosting": {"max_depth": 3, "learning_rate": 0.2},
    "lightgbm": {"num_leaves": 8, "learning_rate": 0.2, "subsample": 0.8},
    "random_forest": {"n_estimators": 30, "min_samples_leaf": 3},
    "logistic": {"C": 0.5},
    "ridge": {"alpha": 2.0},
}
"""Hyperparameters of quick fits; a learner that is not named here takes its defaults."""
TASKS = {"binary": "probability", "multiclass": "probabilities", "regression": "number"}
CASES = [
    (name, task, FAST.get(name, dict(learner(name).defaults)))
    for name in names()
    for task, output in TASKS.items()
    if output in learner(name).outputs
]
BOOSTERS = [name for name in names() if learner(name).boosts]
WEIGHTED = [case for case in CASES if case[1] == "binary" and CLASS_WEIGHT in learner(case[0]).hyperparameters]


def constrained(kind: str, *tasks: str) -> list[tuple[str, str]]:
    """Return the learners that can satisfy a kind of constraint, with the tasks."""
    return [case[:2] for case in CASES if kind in learner(case[0]).constraints and case[1] in tasks]


def installed(name: str) -> LearnerSpec:
    """Return a learner; skip the test where it is an extra that is not installed."""
    spec = learner(name)
    if spec.requires:
        pytest.importorskip(spec.requires[0], reason=f"{name} is not installed")
    return spec


def parts(task: str) -> tuple[Part, Part]:
    """Return rows with a signal and noise, and others of the same kind."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(900, 4)).astype(np.float32)
    signal = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + rng.normal(size=900)
    label = {"binary": signal > 1, "multiclass": np.digitize(signal, [-1, 1]), "regression": signal}[task]
    return Part(matrix[:600], label[:600].astype(float)), Part(matrix[600:], label[600:].astype(float))


def write_model(name: str, task: str, params: dict, directory: Path, calibration: str = "none") -> None:
    schema = make_schema(task)
    frames = (make_frame(task, seed=1), make_frame(task, rows=300, seed=2))
    recipe = Recipe(learner(name), Encoding(schema, 7), params, Budget(200, 10), 7, calibration)
    trained = recipe.train(*frames)
    trained.write(directory)
    seal(directory, make_signature(name, schema))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    name, task, params = request.param
    installed(name)
    directory = tmp_path_factory.mktemp("model")
    write_model(name, task, params, directory)
    return name, task, directory


def test_it_learns_more_than_the_mean(model: tuple[str, str, Path]) -> None:
    _, task, directory = model
    frame = make_frame(task, rows=600, seed=3)
    prediction, label = Model.load(directory).predict(frame), frame[LABEL].to_numpy()
    if task == "multiclass":
        assert (prediction.argmax(axis=1) == label).mean() > 0.45
    else:
        assert np.corrcoef(prediction, label)[0, 1] > 0.4


def test_the_graph_is_the_native_model_on_awkward_rows(model: tuple[str, str, Path]) -> None:
    name, task, directory = model
    frame = make_frame(task, rows=400, seed=4)
    frame.loc[0, ["spend", "visits"]] = [1e30, -1e30]
    frame.loc[1, ["spend", "visits", "empty"]] = np.nan
    frame.loc[2, HOSTILE] = "never seen"
    frame.loc[3, "city"] = None
    frame.loc[4, "spend"] = 1e300
    sets = {"awkward rows": frame} | adversarial(frame, make_schema(task))
    assert len(sets) == 5
    assert parity(directory, learner(name), sets, make_schema(task)) <= 1e-5


def test_probabilities_are_probabilities(model: tuple[str, str, Path]) -> None:
    _, task, directory = model
    if task == "regression":
        pytest.skip("a number, not a probability")
    prediction = Model.load(directory).predict(make_frame(task, rows=50, seed=5))
    assert prediction.shape == ((50,) if task == "binary" else (50, 3))
    assert prediction.min() >= 0
    assert prediction.max() <= 1
    if task == "multiclass":
        assert np.allclose(prediction.sum(axis=1), 1, atol=1e-5)
    else:
        assert np.unique(prediction).size > 10, "class labels are not probabilities"


def test_a_row_is_predicted_alike_alone_and_among_others(model: tuple[str, str, Path]) -> None:
    _, task, directory = model
    loaded, frame = Model.load(directory), make_frame(task, rows=20, seed=6)
    together = loaded.predict(frame)
    alone = np.concatenate([loaded.predict(frame.iloc[[i]]) for i in range(len(frame))])
    assert np.allclose(together, alone, rtol=1e-6, atol=1e-7)


def test_no_rows_give_no_predictions(model: tuple[str, str, Path]) -> None:
    _, task, directory = model
    assert len(Model.load(directory).predict(make_frame(task, rows=5).iloc[:0])) == 0


def test_nothing_on_disk_is_a_pickle(model: tuple[str, str, Path]) -> None:
    *_, directory = model
    assert not [path.name for path in directory.iterdir() if path.read_bytes()[:1] == b"\x80"]


def test_a_flipped_bit_is_refused(model: tuple[str, str, Path], tmp_path: Path) -> None:
    *_, directory = model
    for source in directory.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    for victim in sorted(tmp_path.glob("*.onnx")) + sorted(tmp_path.glob("model.[su]*")):
        good = victim.read_bytes()
        victim.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
        with pytest.raises(LockstepError, match=rf"{victim.name}: damaged"):
            Model.load(tmp_path)
        victim.write_bytes(good)


def test_a_missing_feature_is_named(model: tuple[str, str, Path]) -> None:
    _, task, directory = model
    with pytest.raises(LockstepError, match="spend"):
        Model.load(directory).predict(make_frame(task, rows=5).drop(columns="spend"))


SCRIPT = """
import sys; from pathlib import Path
from tests.contract.test_learners import write_model, CASES
for index, case in enumerate(CASES):
    directory = Path(sys.argv[1]) / str(index)
    directory.mkdir()
    write_model(*case, directory)
"""


def digests_in_a_process(out: Path, threads: str, zone: str, hash_seed: str) -> list[dict[str, str]]:
    """Write every case in one process of its own, and return the SHA-256 of each file, by case."""
    root = Path(__file__).parents[2]
    env = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    env |= {"PYTHONHASHSEED": hash_seed, "TZ": zone}
    subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, str(out)], check=True, cwd=root, env=env)
    folders = [out / str(index) for index in range(len(CASES))]
    return [{p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(f.iterdir())} for f in folders]


def test_a_new_process_with_other_threads_and_hash_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    runs = []
    for threads, zone, hash_seed in (("1", "UTC", "0"), ("2", "Asia/Tokyo", "1")):  # seeds that order a set differently
        out = tmp_path / threads
        out.mkdir()
        runs.append(digests_in_a_process(out, threads, zone, hash_seed))
    differing = [case[:2] for case, one, other in zip(CASES, *runs, strict=True) if one != other or not one]
    assert not differing


@pytest.mark.parametrize(("name", "task", "params"), CASES)
def test_a_fold_serves_many_fits_and_keeps_nothing_of_them(name: str, task: str, params: dict) -> None:
    model, rows = installed(name), parts(task)
    fold = model.prepare(*rows, TASKS[task], coarse=True)
    other = {CLASS_WEIGHT: "balanced"} if CLASS_WEIGHT in model.hyperparameters and task != "regression" else {}
    first = model.fit(fold, params, Budget(60, 5), 7)
    model.fit(fold, params | other, Budget(60, 5), 8)
    again = model.fit(fold, params, Budget(60, 5), 7)
    assert np.array_equal(first.valid_prediction, again.valid_prediction)
    assert first.rounds == again.rounds
    assert first.valid_prediction.shape == ((300, 3) if task == "multiclass" else (300,))
    assert first.importance.shape == (4,)


@pytest.mark.parametrize(("name", "task"), [case[:2] for case in CASES if case[0] in BOOSTERS])
def test_boosting_ends_when_patience_does_and_keeps_the_best_rounds(name: str, task: str) -> None:
    model = installed(name)
    fitted = model.fit(model.prepare(*parts(task), TASKS[task]), {"learning_rate": 0.4}, Budget(400, 7), 7)
    losses = fitted.history["valid"]
    assert fitted.rounds == int(np.argmin(losses)) + 1
    assert len(losses) == fitted.rounds + 7
    assert len(fitted.history["train"]) == len(losses)


@pytest.mark.parametrize("name", BOOSTERS)
def test_boosting_ends_at_the_budget_and_keeps_the_best_rounds(name: str) -> None:
    model = installed(name)
    fitted = model.fit(model.prepare(*parts("binary"), "probability"), {"learning_rate": 0.05}, Budget(10, 50), 7)
    assert len(fitted.history["valid"]) == 10
    assert fitted.rounds == int(np.argmin(fitted.history["valid"])) + 1


@pytest.mark.parametrize(("name", "look"), [("lightgbm", 1), ("xgboost", LOOK)])
def test_a_watch_sees_the_losses_so_far_and_may_end_the_fit(name: str, look: int) -> None:
    model, seen = installed(name), []

    def watch(losses: list[float]) -> None:
        seen.append(len(losses))
        if len(losses) == 3 * LOOK:
            raise EOFError

    fold = model.prepare(*parts("binary"), "probability", coarse=True)
    with pytest.raises(EOFError):
        model.fit(fold, {"learning_rate": 0.05}, Budget(50, 50, watch), 7)
    assert seen == list(range(look, 3 * LOOK + 1, look))


def test_a_coarse_fit_keeps_the_best_of_the_rounds_that_it_looked_at() -> None:
    model = installed("xgboost")
    fold = model.prepare(*parts("binary"), "probability", coarse=True)
    fitted = model.fit(fold, {"learning_rate": 0.3}, Budget(303, 20), 7)
    losses = fitted.history["valid"]
    assert fitted.rounds == int(np.argmin(losses)) + 1
    assert fitted.rounds % LOOK == 0
    assert fitted.rounds + 20 <= len(losses) < 303, "it was not stopped early"
    again = model.fit(fold, {"learning_rate": 0.3}, Budget(fitted.rounds, 20), 7)
    assert again.history["valid"] == losses[: fitted.rounds]
    assert np.array_equal(again.valid_prediction, fitted.valid_prediction)


@pytest.mark.parametrize(("name", "task", "params"), WEIGHTED)
def test_balanced_classes_raise_the_probability_of_the_rare_one(name: str, task: str, params: dict) -> None:
    model, (train_part, valid) = installed(name), parts(task)
    assert train_part.label.mean() < 0.4
    fold = model.prepare(train_part, valid, "probability")
    means = [
        model.fit(fold, params | {"class_weight": weight}, Budget(60, 5), 7).valid_prediction.mean()
        for weight in ("none", "balanced")
    ]
    assert means[1] > means[0] + 0.05


@pytest.mark.parametrize(("name", "task", "params"), CASES)
def test_heavy_rows_are_learnt_and_light_ones_are_not(name: str, task: str, params: dict) -> None:
    model, (rows, valid) = installed(name), parts(task)
    heavy = np.arange(len(rows.label)) % 2 == 0
    other = {"binary": 1 - rows.label, "multiclass": (rows.label + 1) % 3, "regression": -rows.label}[task]
    # Heavy rows say one thing, light rows the opposite: unweighted they cancel each other.
    torn = Part(rows.matrix, np.where(heavy, rows.label, other), np.where(heavy, 30.0, 0.1))
    budget = Budget(60, 60)
    weighed = model.fit(model.prepare(torn, valid, TASKS[task]), params, budget, 7).valid_prediction
    plain = model.fit(
        model.prepare(Part(torn.matrix, torn.label), valid, TASKS[task]), params, budget, 7
    ).valid_prediction
    assert right(weighed, valid, task) > right(plain, valid, task) + 0.1


def right(prediction: np.ndarray, valid: Part, task: str) -> float:
    """Return how well predictions go with the labels, and not with the opposite."""
    if task == "multiclass":
        rows, label = np.arange(len(prediction)), valid.label.astype(int)
        return float((prediction[rows, label] - prediction[rows, (label + 1) % 3]).mean())
    return float(np.corrcoef(prediction, valid.label)[0, 1])


@pytest.mark.parametrize(("name", "task"), constrained("monotone", "binary", "regression"))
def test_a_monotone_model_never_goes_the_other_way(name: str, task: str) -> None:
    """Column 0 raises the label and is bound to lower it; column 1 is bound to raise it."""
    model, (rows, valid) = installed(name), parts(task)
    fold = model.prepare(rows, valid, TASKS[task], constraints=Constraints(monotone=(-1, 1, 0, 0)))
    free = model.prepare(rows, valid, TASKS[task])
    grid = np.repeat(rows.matrix[:20], 41, axis=0)
    steps = {}
    for column in (0, 1):
        along = grid.copy()
        along[:, column] = np.tile(np.linspace(-4, 4, 41), 20)
        for kind, prepared in (("bound", fold), ("free", free)):
            estimator = model.fit(prepared, {}, Budget(60, 60), 7).estimator
            steps[column, kind] = np.diff(predict(estimator, along, TASKS[task]).reshape(20, 41), axis=1)
    assert steps[0, "bound"].max() <= 1e-7
    assert steps[1, "bound"].min() >= -1e-7
    assert steps[0, "free"].max() > 0.01
    assert steps[1, "free"].min() < -0.01


@pytest.mark.parametrize(("name", "task"), constrained("interactions", "regression"))
def test_features_of_different_groups_do_not_interact(name: str, task: str) -> None:
    """With columns 1 and 2 apart, what one adds does not depend on the other; together it does."""
    model, (rows, valid) = installed(name), parts(task)
    apart, together = Constraints(groups=((0, 1), (2, 3))), Constraints(groups=((0, 3), (1, 2)))
    corners = np.zeros((4, 4), dtype=np.float32)
    corners[:, 1], corners[:, 2] = [-1, -1, 1, 1], [-1, 1, -1, 1]
    mixed = {}
    for constraints in (apart, together):
        fold = model.prepare(rows, valid, TASKS[task], constraints=constraints)
        said = predict(model.fit(fold, {}, Budget(80, 80), 7).estimator, corners, TASKS[task])
        mixed[constraints] = abs(said[0] - said[1] - said[2] + said[3])
    assert mixed[apart] < 1e-4
    assert mixed[together] > 0.5


@pytest.mark.parametrize("calibration", ["sigmoid", "isotonic"])
@pytest.mark.parametrize(("name", "task", "params"), [case for case in CASES if case[1] != "regression"])
def test_a_calibrated_graph_is_the_calibrated_model(
    name: str, task: str, params: dict, calibration: str, tmp_path: Path
) -> None:
    installed(name)
    write_model(name, task, params, tmp_path, calibration)
    frame = make_frame(task, rows=400, seed=4)
    sets = {"test rows": frame} | adversarial(frame, make_schema(task))
    assert parity(tmp_path, learner(name), sets, make_schema(task)) <= 1e-5
    prediction = Model.load(tmp_path).predict(frame)
    assert prediction.min() > 0
    assert prediction.max() < 1
    if task == "multiclass":
        assert np.allclose(prediction.sum(axis=1), 1, atol=1e-6)


def test_weights_and_balance_together_weigh_the_fold_that_is_shared() -> None:
    """A class that is rare by weight, not by count, is raised no further than its own rows' weight says."""
    rows = Part(np.zeros((4, 1), np.float32), np.array([0.0, 0, 0, 1]), np.array([1.0, 2, 3, 4]))
    other = Part(rows.matrix[:2], np.array([1.0, 0]), np.array([5.0, 6]))
    assert row_weights({"class_weight": "balanced"}, rows, other).tolist() == pytest.approx([2 * 5, 2 / 3 * 6])
    assert row_weights({}, rows, other).tolist() == [5, 6]


def test_an_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockstep.learners.spec.find_spec", lambda _: None)
    with pytest.raises(LockstepError, match=r"lightgbm is not installed, but params\.yaml uses it") as error:
        learner("lightgbm").check_installed()
    assert "pip install 'lockstep[lightgbm]'" in str(error.value)
    learner("ridge").check_installed()


@pytest.mark.parametrize("name", names())
def test_what_a_learner_says_of_itself_fits_together(name: str) -> None:
    spec = learner(name)
    assert spec.name == name
    assert spec.outputs <= set(TASKS.values())
    assert set(spec.defaults) | set(FAST.get(name, {})) <= set(spec.hyperparameters)
    assert [spec.hyperparameters[key].fault(value) for key, value in spec.defaults.items() if value is not None] == [
        None
    ] * len(spec.defaults)
    assert spec.native not in ("preprocess.skops", "model.onnx")
