"""What every aggregate promises, whichever it is: one suite through which each is fed."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lockstep.artifacts.definition import ACCEPTS
from lockstep.pipeline.features.aggregates import PARTS, RULES
from tests.unit.pipeline.features.worlds import (
    ALL,
    CUTOFFS,
    DAY,
    EDGES,
    HOSTILE,
    NAIVE,
    compiled,
    definition_of,
    events_of,
    naive,
    same,
)

SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
DEFINITION = definition_of()


def random_rows(seed: int, rows: int = 400) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    span = int((EDGES[-1] - EDGES[0] + 20 * DAY) / SECOND)
    return [
        {
            "who": f"entity {rng.integers(8)}",
            "at": EDGES[0] - 10 * DAY + int(rng.integers(span)) * SECOND,
            HOSTILE: None if rng.random() < 0.2 else round(float(rng.normal(0, 100)), 3),
            "n": None if rng.random() < 0.2 else int(rng.integers(-5, 5)),
            "entity": None if rng.random() < 0.2 else str(rng.choice(["", "a", "A", "<script>", HOSTILE])),
            "flag": None if rng.random() < 0.2 else bool(rng.random() < 0.5),
        }
        for _ in range(rows)
    ]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return random_rows(seed=11)


@pytest.fixture(scope="module")
def looped(rows: list[dict[str, object]]) -> pd.DataFrame:
    return naive(events_of(rows), DEFINITION)


@pytest.fixture(scope="module")
def made(rows: list[dict[str, object]]) -> pd.DataFrame:
    return compiled(events_of(rows), DEFINITION)


@pytest.fixture(scope="module")
def made_of_shuffled_rows(rows: list[dict[str, object]]) -> pd.DataFrame:
    order = np.random.default_rng(5).permutation(len(rows)).tolist()
    return compiled(events_of([{"id": i, **rows[i]} for i in order]), DEFINITION, threads=2)


SIGNS = ((0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0))
SPECIAL = {
    **{f"signs {place}": values for place, values in enumerate(SIGNS)},
    "not a number": (float("nan"), 2.0, 4.0),
    "cancelling": (1e9, 0.1, -1e9) * 100,
}


@pytest.fixture(scope="module")
def special() -> pd.DataFrame:
    """Entities of special values the day before the first cutoff, and one whose only event precedes every window."""
    day = CUTOFFS[0] - DAY
    rows = [{"who": who, "at": day, HOSTILE: value} for who, values in SPECIAL.items() for value in values]
    return compiled(events_of([*rows, {"who": "silent", "at": datetime(2023, 1, 1)}]), DEFINITION)


def columns_of(how: str) -> list[str]:
    return [feature.name for feature in DEFINITION.aggregates if feature.how == how]


def first(frame: pd.DataFrame, who: str, how: str) -> float:
    """Return an aggregate of the special values over the shortest window before the first cutoff."""
    return float(frame.loc[(CUTOFFS[0], who), f"events_{HOSTILE}_{how}_7d"])


def test_the_suite_knows_every_aggregate() -> None:
    assert set(ALL) == set(RULES) == set(ACCEPTS) == {*NAIVE, "recency"}


@pytest.mark.parametrize("how", ALL)
def test_an_aggregate_equals_the_naive_loop(how: str, looped: pd.DataFrame, made: pd.DataFrame) -> None:
    assert looped[columns_of(how)].notna().any().all()
    same(made[columns_of(how)], looped[columns_of(how)])


@pytest.mark.parametrize("how", ALL)
def test_the_order_of_the_rows_and_threads_change_no_bit(
    how: str, made: pd.DataFrame, made_of_shuffled_rows: pd.DataFrame
) -> None:
    again = made_of_shuffled_rows[columns_of(how)]
    pd.testing.assert_frame_equal(again, made[columns_of(how)], check_exact=True)


@pytest.mark.parametrize("how", ALL)
def test_without_a_value_an_aggregate_is_zero_or_missing(how: str, special: pd.DataFrame) -> None:
    """An entity whose only event lies before every window, and holds nothing."""
    frame = special.xs("silent", level="entity")
    empty = RULES[how].empty
    for name in columns_of(how):
        values = frame[name]
        if name == "events_recency":
            assert values.tolist() == [(c - datetime(2023, 1, 1)) / DAY for c in CUTOFFS]
        else:
            assert (values.isna() if empty is None else values == empty).all(), name


instants = st.one_of(
    st.sampled_from([edge + step for edge in EDGES for step in (-MICROSECOND, timedelta(0), SECOND)]),
    st.integers(0, 110).map(lambda days: EDGES[0] - 5 * DAY + days * DAY),
)
row = st.fixed_dictionaries(
    {"at": instants},
    optional={
        HOSTILE: st.one_of(st.none(), st.sampled_from([0.0, -0.0, float("nan"), 0.1, -7.25, 1e6])),
        "n": st.one_of(st.none(), st.integers(-3, 3)),
        "entity": st.one_of(st.none(), st.sampled_from(["x", "X", "'", HOSTILE, "ü", "ü"])),
        "flag": st.one_of(st.none(), st.booleans()),
    },
)
entity = st.lists(row, min_size=1, max_size=7)


# Entities are independent: many in one world cost one compilation. Shrinking such a world would take hours.
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(st.lists(entity, min_size=30, max_size=30))
def test_features_equal_the_naive_loop_at_every_edge(entities: list[list[dict[str, object]]]) -> None:
    """Events exactly at a cutoff and at the start of a window, times that occur twice, nulls, hostile names."""
    rows = [{"who": f"{HOSTILE} {place}", **row} for place, rows in enumerate(entities) for row in rows]
    same(compiled(events_of(rows), DEFINITION), naive(events_of(rows), DEFINITION))


@pytest.mark.parametrize("how", [how for how in ALL if RULES[how].finish])
def test_an_aggregate_of_parts_lists_parts_that_exist(how: str) -> None:
    assert set(RULES[how].parts) <= set(PARTS)


@pytest.mark.parametrize("place", range(len(SIGNS)))
def test_zero_has_one_sign(place: int, special: pd.DataFrame) -> None:
    """Else the least of 0.0 and -0.0 is whichever row a thread met first, and the bytes differ."""
    for how in ("min", "max", "sum", "mean"):
        assert str(first(special, f"signs {place}", how)) == "0.0"


def test_not_a_number_is_a_missing_value(special: pd.DataFrame) -> None:
    found = {how: first(special, "not a number", how) for how in ("count", "sum", "mean", "max", "distinct")}
    assert found == {"count": 2.0, "sum": 6.0, "mean": 3.0, "max": 4.0, "distinct": 2.0}


def test_sums_are_exact_where_floats_are_not(special: pd.DataFrame) -> None:
    assert first(special, "cancelling", "sum") == 10.0
