"""The shop's clean rows: the same for the same seed, within their span, and as the contracts promise."""

import datetime as dt
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.shop import CUSTOMERS_PER_CHUNK, clean_chunk, simulate
from lockstep.pipeline.simulate.tables import TABLES, Table

CONTRACTS = Path(__file__).parents[4] / "contracts"


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, column in expected.items():
        assert_array_equal(found[name].mask, column.mask, err_msg=name)
        assert_array_equal(found[name].filled(), column.filled(), err_msg=name)


def frame(rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(column.tolist()) for name, column in rows.items()})


def test_a_larger_shop_has_the_customers_of_a_smaller_one_with_the_same_history() -> None:
    cut = CUSTOMERS_PER_CHUNK + 300
    small, large = SimulateSpec(customers=cut, months=3), SimulateSpec(customers=3 * CUSTOMERS_PER_CHUNK, months=3)
    for index in (0, 1):
        for table, rows in clean_chunk(large, 7, index).items():
            known = rows["customer_id"] <= cut
            assert_same(clean_chunk(small, 7, index)[table], {name: column[known] for name, column in rows.items()})


def test_a_whole_chunk_is_the_same_however_many_follow() -> None:
    (alone,) = simulate(SimulateSpec(customers=CUSTOMERS_PER_CHUNK, months=3), 7)
    first, *_ = simulate(SimulateSpec(customers=2 * CUSTOMERS_PER_CHUNK + 1, months=3), 7)
    assert alone.dirt == first.dirt
    for table in TABLES:
        assert_same(first.rows[table.name], alone.rows[table.name])


def test_a_chunk_that_is_cut_is_no_biased_sample() -> None:
    """Its customers signed up over the whole span, not only in the beginning."""
    whole, cut = (
        clean_chunk(SimulateSpec(customers=n), 7, 0)["customers"]["signed_up_at"]
        .data.astype("datetime64[s]")
        .astype(float)
        for n in (CUSTOMERS_PER_CHUNK, CUSTOMERS_PER_CHUNK // 2)
    )
    assert abs(cut.mean() - whole.mean()) < 4 * whole.std() / len(cut) ** 0.5


def test_another_seed_makes_another_shop() -> None:
    orders = [clean_chunk(SimulateSpec(months=2), seed, 0)["orders"]["amount"] for seed in (7, 8)]
    assert len(orders[0]) != len(orders[1]) or not np.array_equal(orders[0], orders[1])


def test_two_chunks_share_no_history() -> None:
    first, second = (clean_chunk(SimulateSpec(months=2), 7, index)["orders"]["amount"] for index in (0, 1))
    assert len(first) != len(second) or not np.array_equal(first, second)


@settings(max_examples=12, deadline=None)
@given(start=st.dates(date(1999, 1, 1), date(2060, 12, 31)), months=st.integers(1, 30), customers=st.integers(1, 1000))
def test_nothing_happens_before_the_opening_after_the_end_or_before_sign_up(
    start: dt.date, months: int, customers: int
) -> None:
    spec = SimulateSpec(customers=customers, months=months, start=start)
    chunk = clean_chunk(spec, 7, 0)
    signed_up = chunk["customers"]["signed_up_at"].data
    opening = pd.Timestamp(start)
    # Months are counted from the first of the month, so that the 31st does not stumble over February.
    end = opening.replace(day=1) + pd.DateOffset(months=months) + (opening - opening.replace(day=1))
    assert len(signed_up) == customers
    assert (signed_up < end.to_datetime64()).all()
    for table in TABLES[1:]:
        rows = chunk[table.name]
        times = rows[table.time].data
        assert (times >= opening.to_datetime64()).all()
        assert (times < end.to_datetime64()).all()
        assert (times >= signed_up[rows["customer_id"].data - 1]).all()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_clean_shop_keeps_its_contracts(table: Table) -> None:
    contract = pa.DataFrameSchema.from_yaml(CONTRACTS / f"{table.name}.yaml")
    assert tuple(contract.columns) == tuple(table.columns)
    rows = frame(clean_chunk(SimulateSpec(), 7, 0)[table.name])
    types = {name: column.dtype.type for name, column in contract.columns.items()}
    contract.validate(rows.astype(types), lazy=True)
    assert rows[table.key].is_unique
    assert rows[table.key].is_monotonic_increasing


def test_numbers_are_rounded_so_that_no_machine_can_differ_in_the_last_digit() -> None:
    chunk = clean_chunk(SimulateSpec(months=3), 7, 0)
    for table, column, digits in (
        ("orders", "amount", 2),
        ("orders", "discount", 2),
        ("sessions", "duration_minutes", 1),
    ):
        values = chunk[table][column].tolist()
        assert values == [round(value, digits) for value in values]


def test_a_shop_of_one_customer_and_one_month_is_a_shop() -> None:
    (chunk,) = simulate(SimulateSpec(customers=1, months=1), 7)
    assert chunk.customers == 1
    assert set(chunk.rows) == {"customers", "orders", "sessions", "tickets"}
