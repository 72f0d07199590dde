"""A contract is data: pandera loads it, and only checks of single cells are accepted."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.pipeline.process.checks import CHECKS, DEFAULT, FREE, load_contract
from lockstep.tables.contract import TYPES


def _contract(tmp_path: Path, columns: object, **rest: object) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(yaml.safe_dump({"columns": columns, **rest}, sort_keys=False), encoding="utf-8")
    return path


NUMBER = {"dtype": "float64"}


@pytest.mark.parametrize(
    "column",
    [
        {**NUMBER, "greater_than": 0},
        {**NUMBER, "gt": 0},
        {**NUMBER, "greater_than": {"min_value": 0, "ignore_na": True}},
        {**NUMBER, "checks": {"greater_than": 0}},
        {**NUMBER, "checks": {"greater_than": {"min_value": 0, "options": {"raise_warning": False}}}},
        {**NUMBER, "checks": [{"value": 0, "options": {"check_name": "greater_than", "ignore_na": True}}]},
    ],
)
def test_every_form_in_which_pandera_writes_a_check_is_read(tmp_path: Path, column: dict[str, object]) -> None:
    contract = load_contract(_contract(tmp_path, {"amount": column}))
    assert [(check.name, check.statistics) for check in contract.checks["amount"]] == [
        ("greater_than", {"min_value": 0})
    ]


def test_what_pandera_writes_with_all_its_defaults_is_read(tmp_path: Path) -> None:
    import pandera.pandas as pa
    from pandera.io.pandas_io import to_yaml

    columns = {
        "id": pa.Column("int64", pa.Check.gt(0), unique=True),
        "at": pa.Column("datetime64[ns]", pa.Check.ge("2024-01-01 00:00:00")),
        "code": pa.Column("str", [pa.Check.isin(["a", "b"]), pa.Check.str_length(1, 2)], nullable=True, coerce=True),
    }
    path = tmp_path / "all.yaml"
    path.write_text(to_yaml(pa.DataFrameSchema(columns, unique=["at", "code"], coerce=True), minimal=False))
    contract = load_contract(path)
    assert [column.name for column in contract.columns] == ["id", "at", "code"]
    assert {name: len(checks) for name, checks in contract.checks.items()} == {"id": 1, "at": 1, "code": 2}
    assert contract.unique == (("id",), ("at", "code"))


@pytest.mark.parametrize(
    ("columns", "rest", "message"),
    [
        ({"a": {**NUMBER, "greater_then": 0}}, {}, "columns.a.greater_then: unknown key; did you mean 'greater_than'?"),
        ({"a": {**NUMBER, "isin": 3}}, {}, "columns.a.isin: expected a list of values"),
        ({"a": {"dtype": "str", "isin": "abc"}}, {}, "columns.a.isin: expected a list of values"),
        ({"a": {**NUMBER, "greater_than": "x"}}, {}, "columns.a.greater_than: does not fit float64"),
        ({"a": {**NUMBER, "str_matches": "^a"}}, {}, "columns.a.str_matches: does not fit float64"),
        ({"a": {"dtype": "str", "str_matches": "("}}, {}, "columns.a: pandera cannot load it"),
        ({"a": {**NUMBER, "in_range": {"min_value": 0}}}, {}, "columns.a: pandera cannot load it"),
        (
            {"a": {**NUMBER, "in_range": {"min_value": 0, "max_value": 1, "step": 2}}},
            {},
            "columns.a.in_range: does not fit",
        ),
        ({"a": {**NUMBER, "regex": True}}, {}, "columns.a.regex: not supported; expected False or nothing"),
        ({"a": {**NUMBER, "required": False}}, {}, "columns.a.required: not supported; expected True or nothing"),
        ({"a": {**NUMBER, "default": 0}}, {}, "columns.a.default: not supported"),
        ({"a": {**NUMBER, "gt": 0, "checks": {"lt": 9}}}, {}, "not both"),
        ({"a": {**NUMBER, "checks": "gt"}}, {}, "columns.a.checks: expected a list or a mapping of checks"),
        ({"a": {**NUMBER, "gt": {"min_value": 0, "raise_warning": True}}}, {}, "columns.a.gt.raise_warning: not supp"),
        (
            {"a": NUMBER, "A": NUMBER},
            {},
            "columns.A: another column has the same name, except for upper and lower case",
        ),
        ({"File_Row_Number": NUMBER}, {}, "columns.File_Row_Number: the name is reserved by DuckDB"),
        ({"a": NUMBER}, {"unique": ["b"]}, "unique: no column 'b'"),
        ({"a": NUMBER}, {"unique": 5}, "unique: expected a list of columns"),
        ({"a": NUMBER}, {"unique": [["a", 5]]}, "unique: no column '5'"),
        ({"a": {**NUMBER, "nullable": "no"}}, {}, "columns.a.nullable: expected true or false; got 'no'"),
        ({"a": {**NUMBER, "gt": {"min_value": 0, "options": [1]}}}, {}, "columns.a.gt.options: expected a mapping"),
        ({"a": {**NUMBER, "checks": [7]}}, {}, "columns.a.checks[0]: expected a check of a cell, got None"),
        ({"a": {**NUMBER, "gt": None}}, {}, "columns.a: pandera cannot load it"),
        ({"a": NUMBER}, {"drop_invalid_rows": True}, "drop_invalid_rows: not supported"),
        ({"a": NUMBER}, {"stricct": True}, "stricct: unknown key; did you mean 'strict'?"),
        ({"a": NUMBER, "b": {"dtype": "str"}}, {"checks": {"gt": 0}}, "columns.b.greater_than: does not fit string"),
        ({"a": None}, {}, "columns.a.dtype: expected one of"),
        ({"a": {"dtype": "complex128"}}, {}, "columns.a.dtype: expected one of"),
        ([{"name": "a"}], {}, "expected `columns`, a mapping of column names"),
    ],
)
def test_a_faulty_contract_is_one_error_that_names_file_and_key(
    tmp_path: Path, columns: object, rest: dict[str, object], message: str
) -> None:
    path = _contract(tmp_path, columns, **rest)
    with pytest.raises(LockstepError) as caught:
        load_contract(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_columns_that_are_unique_together_are_one_group_or_several(tmp_path: Path) -> None:
    columns = {"a": {**NUMBER, "unique": True}, "b": NUMBER, "c": NUMBER}
    assert load_contract(_contract(tmp_path, columns, unique=["b", "c"])).unique == (("a",), ("b", "c"))
    assert load_contract(_contract(tmp_path, columns, unique=[["b"], ["a", "c"]])).unique == (
        ("a",), ("b",), ("a", "c"),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["__init__", "from_builtin_check_name", "register_backend", "unique_values_eq", "mro"])
def test_no_attribute_but_a_check_of_a_cell_can_be_called(tmp_path: Path, name: str) -> None:
    for column in ({**NUMBER, name: 0}, {**NUMBER, "checks": [{"value": 0, "options": {"check_name": name}}]}):
        with pytest.raises(LockstepError, match=r"unknown key|expected a check of a cell"):
            load_contract(_contract(tmp_path, {"a": column}))


def test_no_attribute_of_a_check_can_be_set(tmp_path: Path) -> None:
    options = {"check_name": "gt", "_check_fn": "os.system", "element_wise": True}
    with pytest.raises(LockstepError) as caught:
        load_contract(_contract(tmp_path, {"a": {**NUMBER, "checks": [{"value": 0, "options": options}]}}))
    assert len(caught.value.details) == 2


def test_a_tag_that_would_run_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    trace = tmp_path / "trace"
    path.write_text(f"columns: {{a: {{dtype: float64, gt: !!python/object/apply:os.mkdir ['{trace}']}}}}\n")
    with pytest.raises(LockstepError, match="not valid YAML"):
        load_contract(path)
    assert not trace.exists()


def test_a_misspelt_check_is_one_that_pandera_itself_would_never_run() -> None:
    """The reason why contracts are compared with what is known before pandera builds from them."""
    from pandera.io.pandas_io import deserialize_schema

    assert deserialize_schema({"columns": {"a": {**NUMBER, "greater_then": 0}}}).columns["a"].checks == []


WORDS = sorted(
    {*CHECKS, *(key for keys in (FREE, DEFAULT) for level in keys.values() for key in level), "options", "min_value"}
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "(", "", "2024-01-01"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=4,
)
COLUMN = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=3).flatmap(
    lambda column: st.sampled_from(sorted(TYPES)).map(lambda dtype: {**column, "dtype": dtype})
)


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(st.sampled_from(["a", "b"]), COLUMN, min_size=1),
    st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=1),
)
def test_any_contract_is_loaded_or_refused(tmp_path: Path, columns: dict[str, Any], rest: dict[str, Any]) -> None:
    path = _contract(tmp_path, columns, **{key: value for key, value in rest.items() if key != "columns"})
    try:
        contract = load_contract(path)
    except LockstepError:
        return
    assert [column.name for column in contract.columns] == list(columns)
