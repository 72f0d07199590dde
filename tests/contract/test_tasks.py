"""Every kind of task, of this package or of a plugin, keeps the same promises."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray
from typer.testing import CliRunner

from lockstep.artifacts.evaluation import Evaluation
from lockstep.artifacts.predictions import Predictions, columns, rounded
from lockstep.cli import main  # noqa: F401 # it registers the commands
from lockstep.cli.app import app
from lockstep.core.errors import LockstepError
from lockstep.decisions.paired.rows import FIRST
from lockstep.decisions.paired.tests import TESTS, run
from lockstep.params.document import load_all
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import assess, curves
from lockstep.statistics.bootstrap import observed
from lockstep.tasks import registry
from lockstep.tasks.formulas import constant_prediction
from lockstep.tasks.registry import BUILT_IN
from lockstep.tasks.task import LABELS, Task
from tests.contract.count_task import TASK as COUNT

ROOT = Path(__file__).parents[2]
ROWS, CLASSES = 240, 3
STAGES = ("ingest", "process", "features", "tune", "train", "evaluate", "drift", "report")
EVERY = pytest.mark.parametrize("name", [*BUILT_IN, "count"])


@pytest.fixture(autouse=True)
def no_task_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def known(name: str) -> Task:
    """The task of that name; the one of a plugin is registered as a plugin does it."""
    if name == "count":
        registry.register(COUNT)
    return registry.task(name)


def labels(task: Task, rows: int = ROWS) -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    drawn = {"boolean": rng.integers(0, 2, rows), "category": rng.integers(0, CLASSES, rows)}
    return drawn.get(task.label, rng.poisson(2.0, rows)).astype(float)


def perfect(task: Task, label: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.eye(CLASSES)[label.astype(int)] if task.has_classes else label


def poor(task: Task, label: NDArray[np.float64]) -> NDArray[np.float64]:
    """A prediction without knowledge of the label, and worse than a constant."""
    value = np.random.default_rng(2).random((len(label), CLASSES) if task.has_classes else len(label))
    return value / value.sum(axis=1, keepdims=True) if task.has_classes else value


def predictions(task: Task, **by: NDArray[np.float64]) -> Predictions:
    label = labels(task)
    cutoffs = np.repeat(np.arange(8), ROWS // 8)
    by = by or {"model": perfect(task, label), "constant": poor(task, label), "linear": poor(task, label)}
    return Predictions(task.name, np.arange(ROWS), cutoffs, label, by)


@EVERY
def test_a_task_is_complete_and_names_only_what_exists(known: Task) -> None:
    assert known.label == LABELS[known.output]
    names, shorts = [metric.name for metric in known.metrics], [metric.short for metric in known.metrics]
    assert len(set(names)) == len(names)
    assert len(set(shorts)) == len(shorts)
    assert {known.main.name, *known.search} <= set(names)
    assert known.main.brief
    assert set(known.tests) <= set(TESTS)
    assert set(known.curves) <= set(curves.COLUMNS)


@EVERY
def test_by_every_metric_a_perfect_model_gains_on_a_poor_one(known: Task) -> None:
    label = labels(known)
    for metric in known.metrics:
        best, worst = (observed(metric.prepare(label, of(known, label)), ROWS) for of in (perfect, poor))
        assert metric.gain(np.array(best), np.array(worst)) > 0, metric.name


@EVERY
def test_many_weightings_at_once_are_each_as_on_their_own(known: Task) -> None:
    label = labels(known)
    weights = np.random.default_rng(3).integers(0, 4, (5, ROWS))
    for metric in known.metrics:
        statistic = metric.prepare(label, poor(known, label))
        np.testing.assert_allclose(statistic(weights), [statistic(row[None])[0] for row in weights], rtol=1e-12)


@EVERY
def test_without_rows_no_metric_has_a_value(known: Task) -> None:
    label = labels(known)
    for metric in known.metrics:
        assert np.isnan(metric.prepare(label, poor(known, label))(np.zeros((1, ROWS), dtype=int))[0]), metric.name
        assert metric.undefined


@EVERY
def test_a_search_metric_points_the_same_way_as_the_metric_of_its_name(known: Task) -> None:
    label = labels(known)
    for name in known.search:
        metric = known.search_metric(name, CLASSES)
        best, worst = (metric.score(label, of(known, label)) for of in (perfect, poor))
        assert (best > worst) == metric.greater_is_better == known.greater_is_better[name]
    assert known.search_metric(None, CLASSES).name == next(iter(known.search))


@EVERY
def test_the_loss_of_a_row_is_finite_and_least_for_the_true_label(known: Task) -> None:
    label = labels(known)
    best, worst = (known.loss(label, of(known, label)) for of in (perfect, poor))
    assert best.shape == worst.shape == (ROWS,)
    assert np.isfinite([best, worst]).all()
    assert (best <= worst + 1e-12).all()
    assert known.loss_title


@EVERY
def test_a_constant_predicts_the_same_for_every_row_in_the_shape_of_the_output(known: Task) -> None:
    constant = constant_prediction(known, labels(known), 7, CLASSES)
    assert constant.shape == ((7, CLASSES) if known.has_classes else (7,))
    assert len(np.unique(constant, axis=0)) == 1


@EVERY
def test_predictions_have_columns_by_output_and_rounding_twice_changes_nothing(known: Task) -> None:
    values = rounded(known.output, poor(known, labels(known)))
    np.testing.assert_array_equal(rounded(known.output, values), values)
    expected = [f"probability_{k}" for k in range(CLASSES)] if known.has_classes else [known.output]
    assert list(columns(known.output, values)) == expected


@EVERY
def test_an_evaluation_has_every_metric_and_reads_back(known: Task) -> None:
    spec = EvaluateSpec(bootstrap=100)
    found = assess.assess(predictions(known), spec, 1, {}, ("a", "b", "c") if known.has_classes else None)
    assert [score.name for score in found.scores] == [metric.name for metric in known.metrics]
    assert (found.decision is not None) == known.has_threshold
    assert found.calibration is not None
    assert (found.calibration.error is not None) == known.has_probabilities
    assert (found.base_rate is not None) == (known.mean_label is not None)
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


@EVERY
def test_every_curve_has_a_file_and_those_that_apply_have_points(known: Task) -> None:
    found = curves.curves(predictions(known), ("a", "b", "c") if known.has_classes else None, 0.95)
    for name, points in found.items():
        curve = name.removesuffix("_baseline")
        assert list(points) == list(curves.COLUMNS[curve])
        assert bool(len(points)) == (curve in known.curves), name


@EVERY
def test_two_models_are_compared_by_the_tests_of_the_task(known: Task) -> None:
    label = labels(known)
    pair = predictions(known, model=perfect(known, label), **{FIRST: poor(known, label)})
    assert len(found := list(run(pair))) == len(known.tests)
    assert all(one.p_value is None or one.p_value < 0.05 for one in found)


def test_an_unknown_task_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    registry.register(COUNT)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["problem"]["task"] = "cuont"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    with pytest.raises(LockstepError) as error:
        load_all(tmp_path / "params.yaml")
    expected = "expected one of binary, multiclass, regression, count; did you mean 'count'?"
    assert error.value.details == (f"problem.task: {expected}; got 'cuont'",)
    with pytest.raises(LockstepError, match="unknown task 'cuont': expected one of binary"):
        registry.task("cuont")


def test_a_name_is_given_once() -> None:
    registry.register(COUNT)
    with pytest.raises(LockstepError, match="task 'count' exists already"):
        registry.register(COUNT)


def install(site: Path, target: str) -> None:
    """Write what an installed plugin leaves: a distribution with an entry point."""
    folder = site / "lockstep_count-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lockstep-count\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[lockstep.tasks]\ncount = {target}\n")


@pytest.mark.parametrize("target", ["lockstep.tasks.regression:TASK", "lockstep.tasks.task:LABELS"])
def test_a_plugin_that_does_not_hold_its_task_is_named(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, target)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LockstepError, match=f"entry point count = {target}: expected a Task named 'count'"):
        registry.task("count")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a flat table of visits, in an environment with the plugin installed."""
    install(tmp_path / "site", "tests.contract.count_task:TASK")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    age, near = rng.integers(18, 90, 400), rng.choice(["yes", "no"], 400)
    visits = rng.poisson(np.exp(0.02 * age + (near == "yes") - 1.0)).astype(float)
    visits[::10] = np.nan
    (tmp_path / "source").mkdir()
    table = pd.DataFrame({"id": np.arange(400), "age": age, "near": near, "visits": visits})
    table.to_csv(tmp_path / "source/patients.csv", index=False)
    default = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params = default | {
        "simulate": {"enabled": False},
        "source": {"url": str(tmp_path / "source"), "tables": {"patients": {"kind": "flat", "key": "id"}}},
        "problem": {"name": "visits", "task": "count", "entity": "id", "label": {"column": "visits"}},
        "features": {"attributes": {"patients": ["age", "near"]}},
        "split": {"by": "random", "valid": 0.2, "test": 0.25},
        "tune": default["tune"] | {"trials": 2, "folds": 2, "metric": None},
        "train": default["train"] | {"rounds": 30, "seeds": 1, "learning_curve": [], "calibration": "none"},
        "evaluate": {"bootstrap": 100, "segments": ["near"], "gates": {"max": {"poisson_deviance": 5.0}}},
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_plugins_task_runs_through_the_whole_pipeline(project: Path) -> None:
    for command in (["contracts", "infer"], *(["stage", stage] for stage in STAGES)):
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, (command, done.output)
    metrics = json.loads((project / "data/reports/metrics.json").read_text())
    assert {"deviance", "deviance_ridge", "mae", "gate"} == set(metrics)
    assert metrics["deviance"] < 3
    evaluation = Evaluation.read(project / "data/reports/evaluation")
    assert (evaluation.task, evaluation.main) == ("count", "poisson_deviance")
    assert list(evaluation.scores[0].baselines) == ["mean count", "ridge"]
    best = json.loads((project / "data/models/search/best_params.json").read_text())
    assert best["metric"] == "poisson_deviance"
    page = (project / "data/reports/report/report.html").read_text()
    assert all(word in page for word in ("Poisson deviance", "Mean count"))
