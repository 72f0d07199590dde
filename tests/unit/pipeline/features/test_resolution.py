"""Definitions: names and faults are known before any query runs."""

import pytest

from lockstep.artifacts.definition import Definition
from lockstep.core.errors import LockstepError
from lockstep.core.spec import parse_duration
from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.features.resolution import define

TABLES = {
    "customers": TableSpec(kind="entity", key="id", time="since"),
    "orders": TableSpec(kind="event", key="order", entity="id", time="at"),
    "visits": TableSpec(kind="event", entity="id", time="at"),
}
COLUMNS = {
    "customers": {
        "id": "string",
        "since": "timestamp(6)",
        "plan": "string",
        "Plan": "string",
        "age": "int64",
        "vip": "boolean",
        "raw": "date",
    },
    "orders": {
        "order": "int64",
        "id": "string",
        "at": "timestamp(6)",
        "amount": "float64",
        "paid at": "timestamp(6)",
        "raw": "binary",
    },
    "visits": {"id": "string", "at": "timestamp(6)"},
}


def spec(**sections: object) -> FeaturesSpec:
    return FeaturesSpec(windows=(parse_duration("2w"), parse_duration("12h")), **sections)  # type: ignore[arg-type]


def definition(**sections: object) -> Definition:
    return define(spec(**sections), TABLES, COLUMNS)


def faults(**sections: object) -> str:
    with pytest.raises(LockstepError) as caught:
        definition(**sections)
    return str(caught.value)


def test_names_are_table_column_aggregate_window_in_order_of_the_file() -> None:
    made = definition(
        aggregates={
            "orders": {"amount": ("sum",), "order": ("count",), "at": ("recency",), "paid at": ("recency", "count")},
            "visits": {"at": ("count", "recency")},
        },
        attributes={"customers": ("tenure", "plan")},
        calendar=True,
    )
    assert [feature.name for feature in made.features] == [
        "orders_amount_sum_12h", "orders_amount_sum_14d",
        "orders_count_12h", "orders_count_14d",
        "orders_recency",
        "orders_paid at_recency", "orders_paid at_count_12h", "orders_paid at_count_14d",
        "visits_count_12h", "visits_count_14d", "visits_recency",
        "tenure", "plan",
        "month_sin", "month_cos", "weekday_sin", "weekday_cos",
    ]  # fmt: skip
    assert [f.name for f in made.features if f.kind == "category"] == ["plan"]


def test_every_aggregate_that_does_not_fit_is_listed_at_once() -> None:
    text = faults(
        aggregates={"orders": {"id": ("sum", "trend"), "at": ("max",), "amont": ("sum",), "raw": ("count",)}},
        attributes={"customers": ("raw", "id", "nothing")},
    )
    for expected in (
        "8 faults",
        "features.aggregates.orders.id: sum needs a column of number; it is text",
        "orders.id: trend needs",
        "orders.at: max needs a column of number; it is time",
        "orders has no such column; did you mean 'amount'?",
        "orders.raw: count needs a column of number or text or time",
        "customers.raw: expected a column of number or boolean or text or time",
        "customers.id: is the key",
        "customers.nothing: customers has no such column",
    ):
        assert expected in text


def test_two_features_of_one_name_are_refused_whatever_their_case() -> None:
    assert "'Plan' is already the name of the feature 'plan'" in faults(attributes={"customers": ("plan", "Plan")})
    assert "'Cutoff' is already the name of the cutoff" in faults(
        attributes={"customers": ("age",)}, expressions={"Cutoff": "age + 1"}
    )
    assert "'label'" in faults(attributes={"customers": ("age",)}, expressions={"label": "age + 1"})
    assert "'ID' is already the name of the key" in faults(
        attributes={"customers": ("age",)}, expressions={"ID": "age"}
    )
    assert "month_sin" in faults(attributes={"customers": ("age",)}, expressions={"month_sin": "age"}, calendar=True)


def test_no_feature_at_all_is_a_fault() -> None:
    assert "none are declared" in faults()


def test_a_flat_table_gives_neither_its_label_nor_its_weight() -> None:
    tables = {"flat": TableSpec(kind="flat", key="id")}
    columns = {"flat": {"id": "int64", "churn": "string", "worth": "float64", "age": "int64"}}
    with pytest.raises(LockstepError) as caught:
        define(spec(attributes={"flat": ("churn", "worth")}), tables, columns, "churn", "worth")
    assert "flat.churn: is the label" in str(caught.value)
    assert "flat.worth: is the weight of rows (problem.weight)" in str(caught.value)


def test_weight_is_a_name_like_any_other_unless_rows_are_weighted() -> None:
    asked = spec(attributes={"customers": ("age",)}, expressions={"weight": "age"})
    assert define(asked, TABLES, COLUMNS).features[1].name == "weight"
    with pytest.raises(LockstepError, match="'weight' is already the name of the weight"):
        define(asked, TABLES, COLUMNS, None, "worth")


def test_an_attribute_is_what_its_column_holds_or_what_is_declared() -> None:
    attributes = {"customers": ("plan", "age", "vip", "since", "tenure")}
    kinds = {feature.name: feature.kind for feature in definition(attributes=attributes).features}
    assert kinds == {"plan": "category", "age": "number", "vip": "boolean", "since": "number", "tenure": "number"}
    declared = {"plan": "text", "age": "category", "vip": "category", "since": "number"}
    kinds = {feature.name: feature.kind for feature in definition(attributes=attributes, kinds=declared).features}
    assert kinds == {**declared, "tenure": "number"}


def test_a_kind_that_does_not_fit_names_key_value_and_expectation() -> None:
    text = faults(
        attributes={"customers": ("plan", "age", "vip", "since")},
        kinds={"plan": "number", "age": "text", "vip": "text", "since": "category", "plam": "text", "zone": "category"},
    )
    for expected in (
        "features.kinds.plan: a column of text cannot be a number; expected category or text",
        "features.kinds.age: a column of number cannot be a text; expected number or category",
        "features.kinds.vip: a column of boolean cannot be a text; expected number or category",
        "features.kinds.since: a column of time cannot be a category; expected number",
        "features.kinds.plam: no attribute 'plam'; did you mean 'plan'?",
        "features.kinds.zone: no attribute 'zone'; expected a name in features.attributes",
    ):
        assert expected in text


def test_an_expression_accepts_booleans_and_parts_of_times_but_no_declared_category() -> None:
    attributes = {"customers": ("age", "vip", "since")}
    made = definition(attributes=attributes, expressions={"x": "vip * since_hour_sin"}, datetime=("hour",))
    assert [feature.name for feature in made.features][-3:] == ["since_hour_sin", "since_hour_cos", "x"]
    assert "'age' is a category or a text" in faults(
        attributes=attributes, expressions={"x": "age + 1"}, kinds={"age": "category"}
    )


def test_parts_are_those_of_times_but_not_of_tenure_and_stand_behind_each() -> None:
    made = definition(attributes={"customers": ("since", "tenure", "age")}, datetime=("weekday", "hour"))
    assert [feature.name for feature in made.features] == [
        "since", "since_weekday_sin", "since_weekday_cos", "since_hour_sin", "since_hour_cos", "tenure", "age",
    ]  # fmt: skip
    assert "'since_hour_sin' is already the name of the feature" in faults(
        attributes={"customers": ("since",)}, expressions={"since_hour_sin": "since"}, datetime=("hour",)
    )


def test_tenure_is_a_column_where_the_table_has_one_and_needs_a_time_elsewhere() -> None:
    own = {"customers": {**COLUMNS["customers"], "tenure": "int64"}}
    (feature,) = define(spec(attributes={"customers": ("tenure",)}), TABLES, own).attributes
    assert (feature.column, feature.holds) == ("tenure", "number")
    (feature,) = definition(attributes={"customers": ("tenure",)}).attributes
    assert (feature.column, feature.holds) == ("since", "time")
    flat = {"customers": TableSpec(kind="flat", key="id", time="since")}
    with pytest.raises(
        LockstepError, match="tenure needs a cutoff, and a flat table has none; expected the column 'since'"
    ):
        define(spec(attributes={"customers": ("tenure",)}), flat, COLUMNS)
    timeless = {"customers": TableSpec(kind="entity", key="id")}
    with pytest.raises(LockstepError, match="1 fault") as caught:
        define(spec(attributes={"customers": ("tenure",)}), timeless, COLUMNS)
    assert "tenure needs source.tables.customers.time" in str(caught.value)
