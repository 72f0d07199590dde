"""Feature definitions as files: all content is data, and faults are named."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.artifacts.definition import ACCEPTS, Definition, accepts, column_kind
from lockstep.core.errors import LockstepError
from lockstep.core.spec import parse_duration
from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.features.resolution import define

HOSTILE = '"; DROP TABLE events; --'
TABLES = {
    "customers": TableSpec(kind="entity", key="id", time="since"),
    "events": TableSpec(kind="event", entity="id", time="at"),
}
TYPES = {
    "customers": {"id": "int64", "since": "timestamp(6)", "plan": "string", "vip": "boolean"},
    "events": {"id": "int64", "at": "timestamp(6)", HOSTILE: "decimal(10, 2)"},
}


def definition(**changes: Any) -> Definition:
    spec = {
        "windows": (parse_duration("99999w"), parse_duration("90m")),
        "aggregates": {"events": {HOSTILE: ("sum", "recency"), "at": ("count",)}},
        "attributes": {"customers": ("plan", "vip", "since", "tenure")},
        "datetime": ("month",),
        "expressions": {"later": "`first one` + 1", "first one": f"`events_{HOSTILE}_sum_90m` / events_count_90m"},
        "calendar": True,
    }
    return define(FeaturesSpec(**spec | changes), TABLES, TYPES)


DOCUMENT: dict[str, Any] = definition().model_dump(mode="json")


def read(directory: Path, text: str) -> Definition:
    (directory / "definition.json").write_text(text, encoding="utf-8")
    return Definition.read(directory)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    made = definition()
    made.write(tmp_path)
    found = Definition.read(tmp_path)
    assert (found, found.features, found.formulas) == (made, made.features, made.formulas)
    assert found.digest == made.digest != definition(decimals=2).digest


@settings(max_examples=30, deadline=None, derandomize=True)
@given(names=st.permutations(["a", "b", HOSTILE, "`", "ü"]))
def test_the_order_of_the_features_survives_the_file(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = definition(expressions=dict.fromkeys(names, "vip * 2"))
    assert read(tmp_path_factory.mktemp("file"), json.dumps(made.model_dump(mode="json"))).features == made.features


def test_labels_and_unused_columns_are_no_part_of_it() -> None:
    few = definition(aggregates={}, attributes={"customers": ("plan",)}, expressions={}, calendar=False)
    assert {name: list(table.columns) for name, table in few.tables.items()} == {"customers": ["id", "since", "plan"]}


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (["version"], 2, "version 2 of a feature definition; this Lockstep reads version 1"),
        (["version"], 0, "version: expected 1"),
        (["version"], "1", "version: expected 1"),
        (["more"], 1, "more: unknown key"),
        (["decimals"], True, "decimals"),
        (["decimals"], 10, "decimals"),
        (["calendar"], "yes", "calendar"),
        (["tables", "events", "kind"], "view", "tables.events.kind"),
        (["tables", "events", "time"], None, "tables.events.time: missing"),
        (["tables", "events", "time"], "id", "tables.events.columns.id: expected a timestamp; got 'int64'"),
        (["tables", "events", "entity"], "who", "tables.events.columns: 'who' is missing"),
        (["tables", "events", "columns", "id"], "string", "the key of the entity has several types: int64, string"),
        (["tables", "customers", "kind"], "flat", "expected one flat table, or at most one of kind entity"),
        (["tables", "events", "columns", HOSTILE], "blob", "sum of events"),
        (["aggregates", 0, "how"], "eval", "aggregates.0.how"),
        (["aggregates", 0, "table"], "pg_catalog", "sum of pg_catalog"),
        (["aggregates", 0, "table"], "customers", "sum of customers"),
        (["aggregates", 0, "window"], "30 d'; --", "aggregates.0.window: expected a length of time such as 30d"),
        (["aggregates", 0, "window"], None, "expected a window, except for recency"),
        (["aggregates", 0, "name"], "PLAN", "the name 'plan' is already the name of the feature 'PLAN'"),
        (["aggregates", 0, "name"], "a\x00b", "aggregates.0.name: expected a name without control characters"),
        (["attributes", 0, "column"], "nothing", "customers.nothing is not a column of text"),
        (["attributes", 0, "kind"], "number", "a column of text cannot be a number"),
        (["attributes", 1, "parts"], ["hour"], "or has no such parts"),
        (["expressions", "later"], "__import__('os')", "features.expressions.later"),
        (["expressions", "later"], "later + 1", "circular, each needs the next"),
        (["expressions", "later"], "plan + 1", "'plan' is a category or a text"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, place: list[Any], value: Any, expected: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(LockstepError) as caught:
        read(tmp_path, json.dumps(document))
    assert expected in str(caught.value)
    assert "definition.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"x"', "[" * 100_000, "{}", '{"version": 1}', "\ufeff{}"])
def test_a_file_of_something_else_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(LockstepError, match=r"definition\.json"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("int64", "number"), ("!uint8", "number"), ("float32", "number"), ("decimal(10, 2)", "number"),
        ("boolean", "boolean"), ("string", "text"), ("timestamp(6)", "time"), ("timestamp('UTC', 6)", "time"),
        ("date", None), ("interval('s')", None), ("array<int64>", None), ("", None),
    ],
)  # fmt: skip
def test_the_kind_of_a_column_follows_from_its_type(dtype: str, kind: str | None) -> None:
    assert column_kind(dtype) == kind


def test_a_boolean_is_a_number_to_an_aggregate() -> None:
    assert all(accepts(how, "boolean") for how in ACCEPTS)
    assert not any(accepts(how, None) for how in ACCEPTS)
