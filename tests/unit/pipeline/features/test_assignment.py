"""Splits: the embargo holds, and a row's split depends on that row alone."""

import hashlib
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.pipeline.features.assignment import TimeSplit, hash_column, row_hash, split_by_time
from tests.unit.pipeline.features.worlds import connect, table_of

DAY = timedelta(days=1)
START = datetime(2024, 1, 1)


@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=30, unique=True).map(sorted),
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 60),
)  # fmt: skip
def test_splits_are_an_embargo_apart(days: list[int], valid: int, test: int, embargo: int) -> None:
    cutoffs = [START + day * DAY for day in days]
    try:
        plan = split_by_time(cutoffs, valid, test, embargo * DAY)
    except LockstepError as error:
        assert "leave none to train on" in str(error)  # not always raised
        return
    for before, after in ((plan.train, plan.valid), (plan.valid, plan.test)):
        assert after[0] - before[-1] >= embargo * DAY
    assert plan.test == tuple(cutoffs[-test:])
    assert len(plan.valid) <= valid
    assert sorted((*plan.train, *plan.valid, *plan.test, *plan.embargoed)) == cutoffs
    for cutoff in plan.embargoed:  # none is left out without need
        assert any(first - embargo * DAY < cutoff < first for first in (plan.valid[0], plan.test[0]))


def test_a_february_leaves_out_a_cutoff_and_the_split_before_it_moves_back() -> None:
    """Every night as_of moves on; a month of 28 days must not stop the run."""
    cutoffs = [datetime(2024, 11, 30), datetime(2024, 12, 31), datetime(2025, 1, 31), datetime(2025, 2, 28)]
    assert split_by_time(cutoffs, 1, 1, 30 * DAY) == TimeSplit(
        train=(datetime(2024, 11, 30),),
        valid=(datetime(2024, 12, 31),),
        test=(datetime(2025, 2, 28),),
        embargoed=(datetime(2025, 1, 31),),
    )


def test_an_embargo_longer_than_the_history_says_what_to_raise() -> None:
    with pytest.raises(LockstepError, match=r"raise features\.cutoffs\.last"):
        split_by_time([START, START + 30 * DAY, START + 60 * DAY], 1, 1, 90 * DAY)


def assigned(keys: list[str], seed: int = 7, valid: float = 0.2, test: float = 0.3) -> dict[str, str]:
    backend = connect()
    table = table_of(backend, "given", pa.table({"key": keys}))
    rows = table.select("key", split=hash_column(table["key"], seed, valid, test)).to_pyarrow().to_pylist()
    return {row["key"]: row["split"] for row in rows}


def test_new_rows_never_move_old_ones() -> None:
    old = [f"k{n}" for n in range(500)]
    before = assigned(old)
    after = assigned([*(f"new{n}" for n in range(500)), *old])
    assert {key: after[key] for key in old} == before


def test_shares_are_right_in_expectation_and_the_seed_redraws() -> None:
    keys = [f"k{n}" for n in range(4000)]
    found = assigned(keys)
    for split, share in (("train", 0.5), ("valid", 0.2), ("test", 0.3)):
        expected = share * len(keys)
        assert abs(list(found.values()).count(split) - expected) < 4 * (expected * (1 - share)) ** 0.5
    other = assigned(keys, seed=8)
    agree = sum(found[key] == other[key] for key in keys) / len(keys)
    assert abs(agree - (0.5**2 + 0.2**2 + 0.3**2)) < 0.05


def test_a_greater_test_share_only_takes_rows() -> None:
    keys = [f"k{n}" for n in range(500)]
    small, great = assigned(keys, test=0.1), assigned(keys, test=0.3)
    assert all(great[key] == "test" for key in keys if small[key] == "test")


def test_the_hash_is_md5_of_seed_purpose_and_key_in_any_engine() -> None:
    backend = connect()
    table = table_of(backend, "given", pa.table({"key": ["é'\"", "1"], "number": [1, -2]}))
    rows = table.select(
        "key", "number", text=row_hash(table["key"], 7, "split"), whole=row_hash(table["number"], 7, "split")
    )
    for row in rows.to_pyarrow().to_pylist():
        assert row["text"] == hashlib.md5(f"7:split:{row['key']}".encode()).hexdigest()
        assert row["whole"] == hashlib.md5(f"7:split:{row['number']}".encode()).hexdigest()
