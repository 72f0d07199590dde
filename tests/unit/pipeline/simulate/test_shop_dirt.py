"""Dirty rows: their number and kinds are reported, and they are added to the clean rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.dirt import FOREIGN_CODES, KINDS, kinds_of
from lockstep.pipeline.simulate.shop import CUSTOMERS_PER_CHUNK, Chunk, clean_chunk, simulate
from lockstep.pipeline.simulate.tables import CUSTOMERS, TABLES, Table

SPEC = SimulateSpec(customers=3 * CUSTOMERS_PER_CHUNK)


def frame(rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(column.tolist(), dtype=object) for name, column in rows.items()})


def frames(parts: list[dict[str, dict[str, Any]]]) -> dict[str, pd.DataFrame]:
    return {t.name: pd.concat([frame(part[t.name]) for part in parts], ignore_index=True) for t in TABLES}


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    return list(simulate(SPEC, 7))


@pytest.fixture(scope="module")
def rows(chunks: list[Chunk]) -> dict[str, pd.DataFrame]:
    return frames([chunk.rows for chunk in chunks])


@pytest.fixture(scope="module")
def clean() -> dict[str, pd.DataFrame]:
    return frames([clean_chunk(SPEC, 7, index) for index in range(3)])


def found(table: Table, rows: pd.DataFrame) -> dict[str, int]:
    """Count each kind of dirt by looking at the rows alone."""
    times = pd.to_datetime(rows[table.time])
    foreign = pd.concat([~rows[name].isin(codes) & rows[name].notna() for name, codes in table.codes.items()], axis=1)
    nulls = rows[list(table.required)].isna().any(axis=1)
    keyed = rows[rows[table.key].notna()]
    copies = keyed.astype(str).duplicated().sum()
    counts = {
        "copy": copies,
        "conflict": keyed[table.key].duplicated().sum() - copies,
        "negative": (pd.to_numeric(rows[table.measure]) < 0).sum(),
        "unknown_code": foreign.any(axis=1).sum(),
        "null": nulls.sum(),
        "orphan": (pd.to_numeric(rows["customer_id"]) > 2_000_000_000).sum(),
        "future": (times.dt.year == 2099).sum(),
    }
    return {kind: int(counts[kind]) for kind in kinds_of(table)}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_dirt_that_is_reported_is_the_dirt_that_is_found(
    table: Table, chunks: list[Chunk], rows: dict[str, pd.DataFrame]
) -> None:
    reported = {kind: sum(chunk.dirt[table.name][kind] for chunk in chunks) for kind in kinds_of(table)}
    assert found(table, rows[table.name]) == reported


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_kind_comes_at_its_rate(table: Table, chunks: list[Chunk], clean: dict[str, pd.DataFrame]) -> None:
    size = len(clean[table.name])
    for kind, rate in kinds_of(table).items():
        count = sum(chunk.dirt[table.name][kind] for chunk in chunks)
        assert abs(count - size * rate) <= 4 * np.sqrt(size * rate) + 1, kind


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_clean_rows_are_all_there_unchanged(table: Table, chunks: list[Chunk]) -> None:
    for index, chunk in enumerate(chunks):
        expected = clean_chunk(SPEC, 7, index)[table.name]
        for name, column in expected.items():
            head = chunk.rows[table.name][name][: len(column)]
            np.testing.assert_array_equal(head.filled(), column.filled())
            np.testing.assert_array_equal(np.ma.getmaskarray(head), np.ma.getmaskarray(column))


def test_all_dirty_customers_are_customers_without_a_history(
    rows: dict[str, pd.DataFrame], clean: dict[str, pd.DataFrame]
) -> None:
    strangers = set(rows["customers"]["customer_id"].dropna()) - set(clean["customers"]["customer_id"])
    assert strangers
    for table in TABLES[1:]:
        assert not strangers & set(rows[table.name]["customer_id"].dropna())


def test_hostile_texts_are_among_the_codes(rows: dict[str, pd.DataFrame]) -> None:
    texts = set(rows["orders"]["category"])
    assert texts >= set(FOREIGN_CODES)
    assert {'x"; DROP TABLE orders; --', "<script>alert(1)</script>"} <= texts


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("customers", [100, 300, 1000])
def test_even_a_small_shop_is_clean_enough_to_be_processed(customers: int, seed: int) -> None:
    (chunk,) = simulate(SimulateSpec(customers=customers, months=18), seed)
    for table in TABLES:
        total = len(chunk.rows[table.name][table.key])
        # Both rows of a conflict may be set aside.
        assert sum(chunk.dirt[table.name].values()) + chunk.dirt[table.name]["conflict"] <= max(0.02 * total, 2), (
            table.name
        )


def test_customers_have_no_orphans_and_all_else_has_every_kind() -> None:
    assert set(kinds_of(CUSTOMERS)) == set(KINDS) - {"orphan"}
    assert all(set(kinds_of(table)) == set(KINDS) for table in TABLES[1:])
