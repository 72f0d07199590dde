"""The figures of the quality report against their definitions."""

import math
import statistics
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.core.duck import connect
from lockstep.core.progress import ignore
from lockstep.params.pipeline.source import TableSpec
from lockstep.pipeline.process.checks import load_contract
from lockstep.pipeline.process.clean import Outcome, Reason
from lockstep.pipeline.process.quality import table_quality
from lockstep.pipeline.process.table import RawTable

FLAT = TableSpec.model_validate({"kind": "flat", "key": "id"})


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    connection = connect(tmp_path_factory.mktemp("scratch"))
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quality")


def _report(db: DuckDBPyConnection, folder: Path, values: list[Any], dtype: str, kind: pa.DataType) -> dict[str, Any]:
    """Return the report of one column, which has an awkward name."""
    name = 'a "b" {c}'
    (folder / "t.yaml").write_text(f"columns: {{'{name}': {{dtype: {dtype}, nullable: true}}}}")
    pq.write_table(pa.table({name: pa.array(values, kind)}), folder / "t.parquet")
    table = RawTable("t", FLAT, load_contract(folder / "t.yaml"), folder / "t.parquet", {}, len(values))
    outcome = Outcome(len(values), 0, (), 0, 0)
    report: dict[str, Any] = table_quality(db, table, outcome, folder / "t.parquet", ignore)["columns"][name]
    return report


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.none() | st.floats(-1e300, 1e300, allow_subnormal=False), min_size=1, max_size=30))
def test_mean_and_deviation_are_exact_but_for_the_last_digits(
    db: DuckDBPyConnection, folder: Path, values: list[float | None]
) -> None:
    report = _report(db, folder, values, "float64", pa.float64())
    present = [Fraction(value) for value in values if value is not None]
    assert report["missing"] == len(values) - len(present)
    assert report["distinct"] == len(set(present))
    if not present:
        assert report["mean"] is None
        assert report["std"] is None
        return
    scale = float(max(abs(value) for value in present))
    assert report["mean"] == pytest.approx(float(statistics.mean(present)), abs=scale * 2**-50)
    if len(present) > 1:
        normal = [float(value / Fraction(scale)) if scale else 0.0 for value in present]
        assert report["std"] == pytest.approx(statistics.stdev(normal) * scale, abs=scale * 1e-7)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e308, 1e-290, 1.7976931348623157e308])
def test_a_constant_has_itself_as_mean_and_no_deviation(db: DuckDBPyConnection, folder: Path, value: float) -> None:
    report = _report(db, folder, [value] * 7, "float64", pa.float64())
    assert (report["mean"], report["std"], report["min"], report["max"]) == (value, 0.0, value, value)
    assert report["outliers"]["rows"] == 0


def test_outliers_lie_beyond_tukeys_fences(db: DuckDBPyConnection, folder: Path) -> None:
    values = [float(value) for value in np.random.default_rng(7).standard_t(3, 500)]
    report = _report(db, folder, [*values, None], "float64", pa.float64())
    first, third = np.quantile(values, [0.25, 0.75])
    low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
    outside = sum(value < low or value > high for value in values)
    assert outside > 5
    assert report["outliers"] == {"low": pytest.approx(low), "high": pytest.approx(high), "rows": outside}


def test_the_bytes_do_not_depend_on_threads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(np.random.default_rng(7).lognormal(0, 5, 400_000))
    reports = []
    for threads in "14":
        monkeypatch.setenv("LOCKSTEP_THREADS", threads)
        with connect(folder) as db:
            reports.append(_report(db, folder, values, "float64", pa.float64()))
    assert reports[0] == reports[1]
    assert reports[0]["mean"] == pytest.approx(math.fsum(values) / len(values), rel=1e-12)


def test_whole_numbers_up_to_the_limit_are_described(db: DuckDBPyConnection, folder: Path) -> None:
    report = _report(db, folder, [-(2**63), 2**63 - 1, 0], "int64", pa.int64())
    assert (report["min"], report["max"], report["distinct"]) == (-(2**63), 2**63 - 1, 3)
    assert report["mean"] == pytest.approx(0, abs=1e4)


def test_top_values_are_data_and_stay_short(db: DuckDBPyConnection, folder: Path) -> None:
    hostile = ["<script>alert(1)</script>", 'x"; DROP TABLE orders; --', "y" * 5000]
    report = _report(db, folder, [*hostile * 2, hostile[0], "once", None], "str", pa.string())
    assert [top["rows"] for top in report["top"]] == [3, 2, 2]
    assert report["top"][0]["value"] == hostile[0]
    assert report["top"][1]["value"] == hostile[1]
    assert len(report["top"][2]["value"]) == 120
    assert (report["missing"], report["missing_share"], report["distinct"]) == (1, 0.111111, 4)


def test_keys_have_no_mean_and_rejects_are_counted_by_column_and_check(db: DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("columns: {id: {dtype: int64}, at: {dtype: datetime}}")
    at = pa.array([0, 86_400_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"id": [1, 2], "at": at}), tmp_path / "t.parquet")
    table = RawTable("t", FLAT, load_contract(tmp_path / "t.yaml"), tmp_path / "t.parquet", {}, 5)
    reasons = (Reason("id", "unique", 2, "1"), Reason("at", "type", 1, "x"), Reason("at", "not_nullable", 1, None))
    report = table_quality(db, table, Outcome(5, 3, reasons, 1, 1), tmp_path / "t.parquet", ignore)
    assert report["rejects"] == {"at": {"not_nullable": 1, "type": 1}, "id": {"unique": 2}}
    assert (report["rows_in"], report["rows_out"], report["rejected"]) == (5, 2, 3)
    assert report["duplicates"] == {"identical": 1, "same_key": 1}
    assert "mean" not in report["columns"]["id"]
    assert report["columns"]["at"]["max"] == "1970-01-02T00:00:00"
