"""The feature that is the label of one horizon ago is found by what it measures, not by its name."""

import pytest

from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.problem import EventLabel
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.features.labels import last_value
from lockstep.pipeline.features.resolution import define

ORDERS = TableSpec.model_validate({"kind": "event", "key": "order_id", "entity": "id", "time": "at"})
COLUMNS = {"orders": {"order_id": "string", "id": "string", "at": "timestamp(6)", "amount": "float64"}}


def found(
    measure: str, horizon: str, column: str | None = None, windows: tuple[str, ...] = ("7d", "30d")
) -> str | None:
    aggregates = {"orders": {"amount": ["count", "sum"], "order_id": ["count"]}}
    spec = FeaturesSpec.model_validate({"windows": windows, "aggregates": aggregates})
    definition = define(spec, {"orders": ORDERS}, COLUMNS)
    label = {"event": "orders", "measure": measure, "horizon": horizon, "column": column}
    return last_value(definition, EventLabel.model_validate(label), ORDERS)


@pytest.mark.parametrize("measure", ["absent", "present", "count"])
def test_a_count_of_whole_events_over_the_horizon_is_it(measure: str) -> None:
    assert found(measure, "30d") == "orders_count_30d"


def test_a_sum_of_the_same_column_is_it() -> None:
    assert found("sum", "7d", "amount") == "orders_amount_sum_7d"


def test_another_window_is_not() -> None:
    assert found("count", "14d") is None
