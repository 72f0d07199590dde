"""Which cells of a batch break the contract."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors
from pandera.io.pandas_io import deserialize_schema

from lockstep.pipeline.process.checks import Contract, load_contract
from lockstep.pipeline.process.validate import breaches, structure_faults

COLUMNS: dict[str, dict[str, Any]] = {
    "whole": {"dtype": "Int64", "in_range": {"min_value": 0, "max_value": 5, "include_max": False}, "notin": [3]},
    "real": {"dtype": "float64", "nullable": True, "greater_than": 0, "less_than_or_equal_to": 2.5},
    "text": {"dtype": "str", "isin": ["a", "b", "", "é"], "str_matches": "^[a-zé]?$", "str_length": {"max_value": 2}},
    "flag": {"dtype": "boolean", "nullable": True, "equal_to": True},
    "at": {"dtype": "datetime64[ns]", "greater_than_or_equal_to": "2024-01-01 00:00:00"},
}
TYPES = {"whole": pa.int64(), "real": pa.float64(), "text": pa.string(), "flag": pa.bool_(), "at": pa.timestamp("us")}
CELLS = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-2, 7) | st.just(2**63 - 1),
        "real": st.none() | st.sampled_from([-1.0, 0.0, 1e-300, 2.5, 2.6, float("nan")]),
        "text": st.none() | st.sampled_from(["a", "b", "", "é", "ab", "abc", 'x"; DROP TABLE t; --', "A\n"]),
        "flag": st.none() | st.booleans(),
        "at": st.none() | st.datetimes(pd.Timestamp("2023-12-31"), pd.Timestamp("2024-01-02")),
    }
)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contract") / "t.yaml"
    path.write_text(yaml.safe_dump({"columns": COLUMNS}, sort_keys=False))
    return load_contract(path)


def _found(contract: Contract, rows: list[dict[str, Any]], required: frozenset[str] = frozenset()) -> set[Any]:
    batch = pa.RecordBatch.from_pylist(rows, pa.schema(list(TYPES.items())))
    return {
        (column, check, row)
        for column, check, numbers, _ in breaches(contract, required, batch, 0)
        for row in numbers.to_pylist()
    }


def _by_pandera(rows: list[dict[str, Any]]) -> set[Any]:
    schema = deserialize_schema({"columns": COLUMNS})
    dtypes = {"whole": "Int64", "real": "float64", "text": "object", "flag": "boolean", "at": "datetime64[ns]"}
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=dtypes[name]) for name in TYPES})
    for name in COLUMNS:  # types are the raw table's matter
        schema = schema.update_column(name, dtype=None)
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return {
            (error.schema.name, getattr(error.check, "name", error.check), int(row))
            for error in errors.schema_errors
            for row in error.failure_cases["index"]
        }
    return set()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_a_batch_breaks_the_same_checks_as_in_pandera(contract: Contract, rows: list[dict[str, Any]]) -> None:
    assert _found(contract, rows) == _by_pandera(rows)


def test_a_required_column_is_never_nullable(contract: Contract) -> None:
    row = {"whole": 1, "real": None, "text": "a", "flag": True, "at": pd.Timestamp("2024-01-01")}
    assert _found(contract, [row]) == set()
    assert _found(contract, [row], frozenset({"real"})) == {("real", "not_nullable", 0)}


def test_an_infinite_number_is_rejected_where_no_check_speaks_of_it(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("columns: {real: {dtype: float64}}")
    batch = pa.record_batch({"real": pa.array([1.0, float("-inf")])})
    [(column, check, rows, values)] = breaches(load_contract(tmp_path / "t.yaml"), frozenset(), batch, 10)
    assert (column, check, rows.to_pylist(), values.to_pylist()) == ("real", "finite", [11], [float("-inf")])


def test_all_faults_of_structure_are_reported(contract: Contract) -> None:
    found = {"whole": "double", "real": "double", "text": "string", "flag": "bool"}
    assert structure_faults(contract, found, 0) == [
        "column 'whole': expected int64, found double",
        "column 'at' is missing",
        "the table is empty",
    ]
    assert structure_faults(contract, {name: str(kind) for name, kind in TYPES.items()}, 1) == []
