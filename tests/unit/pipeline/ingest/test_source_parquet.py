"""Parquet files of other writers."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.pipeline.ingest.sources import parquet
from lockstep.tables.contract import Column


def read(path: Path, column: str) -> list:
    stream = parquet.read(path, (Column(column, "datetime", True),))
    return [value for batch in stream.batches for value in batch.column(0).to_pylist()]


def test_nanoseconds_are_cut_off_never_rounded_up(tmp_path: Path) -> None:
    before_epoch, after = -1, 1_704_067_199_999_999_999
    pq.write_table(pa.table({"at": pa.array([after, before_epoch], pa.timestamp("ns"))}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet", "at") == [
        datetime(2023, 12, 31, 23, 59, 59, 999999),
        datetime(1969, 12, 31, 23, 59, 59, 999999),
    ]


def test_categories_of_pandas_are_read_as_their_values(tmp_path: Path) -> None:
    pq.write_table(pa.table({"plan": pa.array(["b", None, "a"]).dictionary_encode()}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet", "plan") == ["b", None, "a"]
    assert parquet.declared(tmp_path / "t.parquet")["plan"].kind == "text"


def test_only_types_that_a_contract_can_have_are_taken_for_one(tmp_path: Path) -> None:
    nested = {"list": pa.array([[1]]), "time": pa.array([0], pa.time64("us")), "bytes": pa.array([b"x"])}
    pq.write_table(pa.table(nested), tmp_path / "t.parquet")
    assert {found.kind for found in parquet.declared(tmp_path / "t.parquet").values()} == {"other"}
