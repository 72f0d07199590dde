"""Cyclical parts of a time: equal to Python's calendar, and rounded to be the same on every machine."""

import math
from datetime import datetime, timedelta

import ibis
import pyarrow as pa
import pytest

from lockstep.params.pipeline.features import Part
from lockstep.pipeline.features.calendar import PERIODS, WAVES, point, waves_of
from tests.unit.pipeline.features.worlds import connect, table_of

PLACES = {"month": lambda t: t.month - 1, "weekday": lambda t: t.weekday(), "hour": lambda t: t.hour}
TIMES = [datetime(1969, 12, 31, 23, 59, 59, 999999) + n * timedelta(days=17, hours=5, minutes=13) for n in range(300)]


@pytest.mark.parametrize("part", PERIODS)
def test_a_part_is_the_point_that_pythons_calendar_gives(part: Part) -> None:
    table = table_of(connect(), "times", pa.table({"at": pa.array([*TIMES, None], pa.timestamp("us"))}))
    made = table.select("at", **waves_of(table["at"], part)).execute()
    assert ibis.to_sql(table.select(**waves_of(table["at"], part))).lower().count("sin(") == 0
    for row in made.itertuples():
        if row.at is None or row.at != row.at:  # not a time
            assert math.isnan(row.sin)
            assert math.isnan(row.cos)
        else:
            place = PLACES[part](row.at)
            assert (row.sin, row.cos) == (point(part, place, "sin"), point(part, place, "cos"))


@pytest.mark.parametrize("part", PERIODS)
def test_every_place_has_a_point_of_its_own_at_the_distance_of_one(part: Part) -> None:
    points = {tuple(point(part, place, wave) for wave in WAVES) for place in range(PERIODS[part])}
    assert len(points) == PERIODS[part]
    assert all(math.hypot(*at) == pytest.approx(1, abs=1e-11) for at in points)
    assert "-0.0" not in str(points)
