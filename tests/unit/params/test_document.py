"""params.yaml: every fault names the key, the value and what was expected."""

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from lockstep.core.errors import LockstepError
from lockstep.core.spec import Spec, format_duration, load, parse_duration, read_document, tracked
from lockstep.params.document import Params, load_all
from lockstep.params.pipeline.tune import Range

ROOT = Path(__file__).parents[3]
DOCUMENT = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def changed(path: Path, key: str, value: Any) -> Path:
    """Write the default params.yaml with one dotted key set, or removed with `...`."""
    document = copy.deepcopy(DOCUMENT)
    *parents, last = key.split(".")
    section = document
    for parent in parents:
        section = section[parent]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    file = path / "params.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


FAULTS = [
    ("train.estimatr", "xgboost", ["train.estimatr: unknown key; did you mean 'estimator'?"]),
    (
        "train.constraints.monotone",
        {"age": "up"},
        ["train.constraints.monotone.age: expected 'increasing' or 'decreasing'; got 'up'"],
    ),
    ("train.constraints.interactions", [["age"], []], ["train.constraints", "expected groups of at least one feature"]),
    ("train.calibration", "platt", ["train.calibration: expected 'none', 'sigmoid' or 'isotonic'; got 'platt'"]),
    ("train.learning_curve", [0.5, 1.0], ["train.learning_curve.1: expected less than 1; got 1.0"]),
    ("train.seeds", 0, ["train.seeds: expected greater than or equal to 1; got 0"]),
    ("train.encoding.word", 3, ["train.encoding.word: unknown key; did you mean 'words'?"]),
    ("colour", 1, ["colour: unknown key", "expected one of seed, simulate, source"]),
    ("train.estimator", "xgbost", ["train.estimator: expected", "'xgboost'", "got 'xgbost'"]),
    ("seed", -1, ["seed: expected greater than or equal to 0", "got -1"]),
    ("seed", "seven", ["seed:", "integer", "got 'seven'"]),
    ("seed", ..., ["seed: missing"]),
    ("process.max_reject_share", 1.5, ["process.max_reject_share", "less than or equal to 1", "got 1.5"]),
    ("problem.label.horizon", "a month", ["label", "horizon", "30d"]),
    ("problem.label.measure", "missing", ["label", "measure", "'absent'"]),
    ("problem.label.event", "visits", ["problem.label.event: no table 'visits' in source.tables"]),
    ("problem.task", "regression", ["label.measure: absent is not for task regression"]),
    ("problem.entity", "client_id", ["problem.entity: 'client_id' differs from the column of table customers"]),
    ("problem.eligible.event", "customers", ["problem.eligible.event: expected a table of kind event"]),
    ("source.as_of", "tomorrow", ["source.as_of: expected a date such as 2025-06-30", "got 'tomorrow'"]),
    ("source.as_of", ..., ["source: as_of: missing"]),
    ("source.tables.orders.kind", "facts", ["source.tables.orders.kind: expected 'entity', 'event' or 'flat'"]),
    ("source.tables.orders.time", ..., ["source.tables.orders", "a table of kind event needs time"]),
    ("source.tables", {"../../etc": {"kind": "flat", "key": "a"}}, ["'../../etc': expected letters"]),
    ("features.kinds", {"plan": "words"}, ["features.kinds.plan: expected 'category', 'text' or 'number'", "'words'"]),
    ("features.datetime", ["year"], ["features.datetime.0: expected 'month', 'weekday' or 'hour'", "got 'year'"]),
    ("problem.weight", 3, ["problem.weight", "got 3"]),
    ("features.windows", ["7d", "7d"], ["features.windows: expected windows that differ"]),
    ("features.windows", ["7 days"], ["features.windows.0: expected a length of time such as 30d"]),
    ("features.cutoffs.every", "monthly", ["features.cutoffs.every: expected a step such as 1mo"]),
    ("features.aggregates.ordrs", {"amount": ["sum"]}, ["no table 'ordrs' in source.tables; did you mean 'orders'?"]),
    ("features.aggregates.orders", {"amount": ["median"]}, ["features.aggregates.orders.amount.0", "'count'"]),
    ("split.embargo", "7d", ["split.embargo: shorter than problem.label.horizon"]),
    ("split.test", 0.2, ["split", "whole numbers of snapshots"]),
    ("split.test", 8, ["valid + test = 9 snapshots leave none of features.cutoffs.last = 9"]),
    ("tune.space.xgboost.depth", {"low": 1, "high": 2}, ["tune.space.xgboost.depth: not a parameter of xgboost"]),
    ("tune.space.xgboost.max_depth", {"low": 5, "high": 2}, ["tune.space.xgboost.max_depth", "low < high"]),
    ("tune.space.xgboost", ..., ["tune.space.xgboost: missing; train.estimator: xgboost needs a search space"]),
    ("tune.space.xgb", {}, ["tune.space.xgb: expected one of hist_gradient_boosting", "did you mean 'xgboost'?"]),
    ("train.params.max_depth", 2.5, ["train.params.max_depth: expected a whole number of at least 0 for xgboost"]),
    ("tune.space.xgboost.subsample", {"low": 0.5, "high": 1.5}, ["at least 0 and at most 1 for xgboost; got 1.5"]),
    ("train.params.n_trees", 3, ["train.params.n_trees: not a parameter of xgboost"]),
    (
        "train.estimator",
        "ridge",
        ["train.estimator: ridge is not for task binary; expected one of", "lightgbm, logistic, random_forest"],
    ),
    ("train.estimator", "tuned", ["tune.estimators: missing; train.estimator: tuned needs estimators to search"]),
    ("tune.estimators", ["logistic"], ["tune.estimators: without xgboost of train.estimator; expected it here"]),
    ("tune.estimators", ["xgboost", "ridge"], ["tune.estimators: ridge is not for task binary", "tune.space.ridge"]),
    (
        "tune.estimators",
        ["xgb"],
        ["tune.estimators.0: expected one of hist_gradient_boosting", "mean 'xgboost'?"],
    ),
    ("tune.start", [{"estimator": "logistic", "params": {"C": 1.0}}], ["tune.start.0: logistic is not searched"]),
    ("tune.start", [{"estimator": "xgboost", "params": {"max_depth": 3}}], ["tune.start.0: expected a value for each"]),
    ("tune.patience", 0, ["tune.patience", "greater than or equal to 1"]),
    ("tune.space.xgboost.gamma", {"low": 0, "high": 1, "step": 2}, ["tune.space.xgboost.gamma", "a step of at most"]),
    ("tune.space.xgboost.gamma", {"low": 1, "high": 9, "step": 2, "log": True}, ["expected log or step, not both"]),
    ("tune.space.xgboost.max_depth", {"type": "int", "low": 1, "high": 9, "step": 0.5}, ["needs whole numbers"]),
    ("tune.space.xgboost.grow_policy", {"type": "choice", "choices": ["a"], "low": 1}, ["neither low, high, log nor"]),
    ("evaluate.confidence", 95, ["evaluate.confidence", "less than 1", "got 95"]),
    ("drift.false_discovery_rate", 0, ["drift.false_discovery_rate", "greater than 0"]),
    ("monitor.drifted", 4, ["monitor: drifted = 4 is larger than windows = 3"]),
    ("monitor.windows", 0, ["monitor.windows", "greater than or equal to 1", "got 0"]),
    ("score.output", "../scores", ["score.output: expected a folder inside the project", "got '../scores'"]),
    ("score.output", "/tmp/scores", ["score.output: expected a folder inside the project"]),
    ("score.output", ".", ["score.output: expected a folder inside the project"]),
    ("score.output", "a\nb", ["score.output: expected a folder inside the project"]),
    ("score.output", "./data/scores", ["score.output: expected a folder outside of data/"]),
    ("score.rows_per_part", 0, ["score.rows_per_part", "greater than or equal to 1"]),
    ("simulate.start", "soon", ["simulate.start: expected a date such as 2024-01-31"]),
]


@pytest.mark.parametrize(("key", "value", "expected"), FAULTS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_fault_names_key_value_and_expectation(key: str, value: Any, expected: list[str], tmp_path: Path) -> None:
    with pytest.raises(LockstepError) as fault:
        load_all(changed(tmp_path, key, value))
    for part in ["params.yaml", *expected]:
        assert part in str(fault.value)


def test_the_default_file_has_no_fault() -> None:
    params = load_all(ROOT / "params.yaml")
    assert params.features.windows == (timedelta(days=7), timedelta(days=30), timedelta(days=90))


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    file = changed(tmp_path, "seed", -1)
    document = yaml.safe_load(file.read_text())
    document["tune"]["trials"] = 0
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(LockstepError, match="2 faults") as fault:
        load_all(file)
    assert len(fault.value.details) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: [1", "not valid YAML"),
        ("seed: 1\nseed: 2\n", 'line 2, column 1: found duplicate key "seed"'),
        ("- a\n- b\n", "expected a mapping of sections, got list"),
        ("", "expected a mapping of sections, got NoneType"),
        ("seed: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("\x00", "not valid YAML"),
    ],
)
def test_a_file_that_is_not_a_mapping_is_reported_with_its_place(text: str, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(LockstepError, match=expected):
        load_all(file)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LockstepError, match="missing"):
        load_all(tmp_path / "params.yaml")


def test_specs_are_frozen() -> None:
    params = load_all(ROOT / "params.yaml")
    with pytest.raises(ValidationError):
        params.seed = 8  # type: ignore[misc]


def test_yaml_is_read_as_dvc_reads_and_writes_it(tmp_path: Path) -> None:
    """YAML 1.2: Yes and off are texts, 1e-3 is a number. DVC takes quotes away that YAML 1.1 would need."""
    file = tmp_path / "a.yaml"
    file.write_text("a: Yes\nb: 1e-3\nc: off\nd: 010\n")
    assert read_document(file) == {"a": "Yes", "b": 0.001, "c": "off", "d": 10}


def test_a_null_of_another_estimator_stays(tmp_path: Path) -> None:
    """So that `-S train.estimator=logistic` is one change."""
    assert load_all(changed(tmp_path, "train.estimator", "logistic")).train.estimator == "logistic"


TRAINING = [
    (
        {"estimator": "logistic", "constraints": {"monotone": {"age": "increasing"}}},
        (
            "train.constraints.monotone: logistic cannot satisfy them; expected one of hist_gradient_boosting,"
            " lightgbm, random_forest, xgboost"
        ),
    ),
    (
        {"estimator": "random_forest", "constraints": {"interactions": [["age"]]}},
        (
            "train.constraints.interactions: random_forest cannot satisfy them; expected one of hist_gradient_boosting,"
            " lightgbm, xgboost"
        ),
    ),
]


@pytest.mark.parametrize(("train", "expected"), TRAINING)
def test_a_constraint_that_the_estimator_cannot_keep_is_named(train: dict, expected: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(DOCUMENT | {"train": DOCUMENT["train"] | train}))
    with pytest.raises(LockstepError) as error:
        load_all(tmp_path / "params.yaml")
    assert error.value.details == (expected,)


def faults_of_a_flat_table(task: str, training: dict, path: Path) -> tuple[str, ...]:
    """Return the faults of params.yaml for a flat table of houses with this section `train`."""
    document = copy.deepcopy(DOCUMENT)
    document["simulate"]["enabled"] = False
    document["source"]["tables"] = {"houses": {"kind": "flat", "key": "id"}}
    document["problem"] = {"name": "price", "task": task, "entity": "id", "label": {"column": "price"}}
    document["features"] = {"attributes": {"houses": ["rooms"]}}
    document["split"] = {"by": "random", "valid": 0.2, "test": 0.2}
    document["train"] |= training
    document["evaluate"]["gates"] = {}
    (path / "params.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(LockstepError) as error:
        load_all(path / "params.yaml")
    return error.value.details


def test_what_a_regression_or_a_flat_table_cannot_have_is_named(tmp_path: Path) -> None:
    training = {"calibration": "sigmoid", "weights": {"half_life": "90d"}}
    assert faults_of_a_flat_table("regression", training, tmp_path) == (
        "train.calibration: sigmoid calibrates probabilities; task regression has none; expected none",
        "train.weights.half_life: a flat table has no cutoffs; expected null",
    )


def test_several_classes_have_no_direction(tmp_path: Path) -> None:
    training = {"constraints": {"monotone": {"rooms": "increasing"}, "interactions": []}}
    (fault,) = faults_of_a_flat_table("multiclass", training, tmp_path)
    assert fault.startswith("train.constraints.monotone: a task with classes has no direction")


def test_a_dotted_alias_reads_one_key_of_a_section() -> None:
    class View(Spec):
        seed: int
        rounds: int = Field(alias="train.rounds")

    view = load(View, ROOT / "params.yaml")
    assert (view.seed, view.rounds) == (DOCUMENT["seed"], DOCUMENT["train"]["rounds"])
    assert tracked(View) == ["seed", "train.rounds"]


def test_every_section_is_described() -> None:
    assert set(Params.model_fields) == set(DOCUMENT)


@given(st.integers(1, 9999), st.sampled_from("mhdw"))
def test_a_duration_survives_being_written(number: int, unit: str) -> None:
    length = parse_duration(f"{number}{unit}")
    assert parse_duration(format_duration(length)) == length


@given(st.text(max_size=12))
def test_no_text_breaks_the_duration_parser(text: str) -> None:
    try:
        assert parse_duration(text) > timedelta(0)
    except ValueError as error:
        assert "30d" in str(error)


def test_a_start_outside_of_the_space_is_named(tmp_path: Path) -> None:
    space = DOCUMENT["tune"]["space"]["logistic"]["C"]
    document = copy.deepcopy(DOCUMENT)
    document["train"]["estimator"] = "logistic"
    document["tune"]["start"] = [{"estimator": "logistic", "params": {"C": 2 * space["high"]}}]
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(LockstepError, match=r"tune\.start\.0\.params\.C: 200 is outside of tune\.space\.logistic\.C"):
        load_all(file)


def test_the_estimator_may_be_what_the_search_found(tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["train"] |= {"estimator": "tuned", "params": {"max_depth": 4, "C": None}}
    document["tune"]["estimators"] = ["xgboost", "logistic"]
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert load_all(file).train.estimator == "tuned"


@pytest.mark.parametrize(
    ("dimension", "inside", "outside"),
    [
        ({"low": 0, "high": 1}, [0, 0.3, 1], [-0.1, 1.1, "0.3", True]),
        ({"low": 0.0, "high": 0.9, "step": 0.3}, [0.0, 0.3, 0.1 + 0.2 + 0.3, 0.9], [0.1, 1.2]),
        ({"type": "int", "low": 1, "high": 9, "step": 2}, [1, 3, 9], [2, 3.5, 11]),
        ({"type": "choice", "choices": ["a", 1, True]}, ["a", 1, True], ["b", 1.0, False]),
    ],
)
def test_a_dimension_holds_what_a_search_could_draw(dimension: Any, inside: list[Any], outside: list[Any]) -> None:
    parsed = Range.model_validate(dimension)
    assert all(parsed.holds(value) for value in inside)
    assert not any(parsed.holds(value) for value in outside)
