"""What is written: plain values, six digits, hostile names as data."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pytest

from lockstep.core.files import dump_json
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Series, compare
from lockstep.pipeline.drift.document import detail, rounded, summary, table
from lockstep.pipeline.drift.measurement import compare_tables
from lockstep.pipeline.drift.verdict import decide, not_applicable

HOSTILE = '"; DROP TABLE orders; --'
SERIES = [
    Series("spend", "number"),
    Series(HOSTILE, "category"),
    Series("visits", "number"),
    Series("nothing", "number"),
    Series("month", "number", outside="calendar"),
]


def make(rows: int, seed: int, shift: float = 0.0) -> pa.Table:
    rng = np.random.default_rng(seed)
    levels = ["<script>alert(1)</script>", "b", "c" * 500] + (["new, \n'level'"] if shift else [])
    return pa.table(
        {
            "spend": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(shift, 1, rows)),
            HOSTILE: rng.choice(levels, rows),
            "visits": rng.poisson(2, rows).astype(float),
            "nothing": np.full(rows, np.nan),
            "month": np.full(rows, shift),
        }
    )


@pytest.fixture(scope="module")
def parts() -> tuple:
    features = compare_tables(SERIES, make(600, 1), make(400, 2, 1.5))
    rng = np.random.default_rng(3)
    score = compare(Series("score", "number"), rng.random(300), rng.random(400))
    return decide(features, score, DriftSpec()), features, score


def test_the_detail_is_json_and_holds_every_series(parts: tuple) -> None:
    found = json.loads(dump_json(detail(*parts, as_of=None)))
    assert [series["name"] for series in found["features"]] == [series.name for series in SERIES]
    statuses = {series["name"]: series["status"] for series in found["features"]}
    assert statuses["spend"] == statuses[HOSTILE] == "drifted"
    assert statuses["visits"] == "stable"
    assert statuses["nothing"] == statuses["month"] == "not applicable"
    assert found["rows"] == {"reference": 600, "current": 400}
    assert found["score"]["status"] == "stable"


def test_the_shares_of_a_histogram_add_up_to_one(parts: tuple) -> None:
    for series in detail(*parts, as_of=None)["features"]:
        histogram = series["histogram"]
        if histogram is None:
            assert series["name"] == "nothing"
            continue
        bars = len(histogram["labels"]) if "labels" in histogram else len(histogram["edges"]) - 1
        for side in ("reference", "current"):
            assert len(histogram[side]) == bars
            assert sum(histogram[side]) == pytest.approx(1, abs=1e-5)


def test_new_categories_are_counted_and_their_names_kept_short(parts: tuple) -> None:
    new = next(s for s in detail(*parts, as_of=None)["features"] if s["name"] == HOSTILE)["new_categories"]
    assert new["count"] == 1
    assert new["share"] == pytest.approx(0.25, abs=0.1)
    assert new["names"] == ["new, \\n'level'"]


def test_the_table_has_one_row_a_series_the_largest_first(parts: tuple) -> None:
    rows = list(csv.DictReader(io.StringIO(table(*parts))))
    assert {row["name"] for row in rows} == {"spend", "visits", HOSTILE, "score"}
    psi = [float(row["psi"]) for row in rows]
    assert psi == sorted(psi, reverse=True)
    assert [row["name"] for row in rows if row["drifted"] == "1"] == [row["name"] for row in rows][:2]


def test_the_summary_is_short(parts: tuple) -> None:
    found = summary(*parts)
    assert list(found) == ["drift", "drifted", "checked", "max_psi", "score_psi"]
    assert (found["drift"], found["drifted"], found["checked"]) == ("yes", 2, 3)


def test_not_applicable_is_not_no() -> None:
    features = compare_tables(SERIES, make(600, 1), make(400, 2).slice(0, 0))
    score = compare(Series("score", "number"), [], [])
    verdict = not_applicable(features, score, "no rows")
    assert summary(verdict, features, score) == {"drift": "not applicable", "checked": 0}
    found = json.loads(dump_json(detail(verdict, features, score, None)))
    assert (found["applicable"], found["reason"], found["verdict"]["drift"]) == (False, "no rows", False)
    assert table(verdict, features, score).count("\n") == 1


def test_a_huge_value_does_not_flatten_the_histogram() -> None:
    rng = np.random.default_rng(4)
    found = compare(Series("a", "number"), np.append(rng.normal(size=999), 1e300), rng.normal(size=1000)).histogram
    assert max(abs(edge) for edge in found.edges) < 10
    assert sum(found.reference) == pytest.approx(1)


def test_a_few_values_have_a_bar_each() -> None:
    found = compare(Series("a", "number"), [0, 0, 1, 2], [2, 2, np.nan]).histogram
    assert found.labels == ("0", "1", "2")
    assert found.reference == (0.5, 0.25, 0.25)
    assert found.current == (0, 0, 1)


def test_many_levels_have_a_bar_for_the_others() -> None:
    found = compare(Series("a", "category"), [f"l{i:02d}" for i in range(30)], ["l00"]).histogram
    assert len(found.labels) == 11
    assert found.labels[-1] == "(20 others)"
    assert sum(found.reference) == pytest.approx(1)


@pytest.mark.parametrize(("value", "short"), [(0.123456789, 0.123457), (1.23456789e-30, 1.23457e-30), (None, None)])
def test_six_digits_are_kept(value: float | None, short: float | None) -> None:
    assert rounded(value) == short


def test_threads_and_rows_in_another_order_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, current = make(600, 1), make(400, 2, 1.5)
    order = np.random.default_rng(5).permutation(400)
    texts = []
    for threads, rows in ((1, current), (4, current.take(order))):
        monkeypatch.setattr("lockstep.pipeline.drift.measurement.MOST_THREADS", threads)
        features = compare_tables(SERIES, reference, rows)
        score = compare(Series("score", "number"), [], [])
        texts.append(dump_json(detail(decide(features, score, DriftSpec()), features, score, None)))
    assert texts[0] == texts[1]
