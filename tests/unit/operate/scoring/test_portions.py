"""Portions are the rows of the file, cut at the same places from any start row."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.operate.scoring import portions as module
from lockstep.operate.scoring.portions import portions

NAMES = ["a", "a.b", 'x"; DROP TABLE']


def write(folder: Path, rows: int, group: int) -> Path:
    table = pa.table({name: pa.array(range(rows), pa.int64()) for name in NAMES} | {"t": [str(n) for n in range(rows)]})
    path = folder / "rows.parquet"
    pq.write_table(table, path, row_group_size=group)
    return path


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(1, 25), st.integers(1, 70), st.integers(0, 65), st.integers(1, 70))
def test_from_any_start_every_row_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, rows: int, group: int, size: int, start: int, batch: int
) -> None:
    path = write(tmp_path_factory.mktemp("rows"), rows, group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", batch)
        found = list(portions(path, ["t", "a"], start, size))
    lengths = [table.num_rows for table in found]
    assert [row for table in found for row in table.column("a").to_pylist()] == list(range(start, rows))
    assert all(length == size for length in lengths[:-1])
    assert all(0 < length <= size for length in lengths)
    assert all(column.num_chunks == 1 for table in found for column in table.columns)


def test_a_column_whose_name_is_a_prefix_is_not_confused(tmp_path: Path) -> None:
    path = write(tmp_path, 7, 3)
    for columns in (["a"], ["a.b"], [NAMES[2], "a.b", "a"]):
        assert [table.column_names for table in portions(path, columns, 0, 7)] == [columns]


def test_memory_grows_with_a_portion_not_with_the_file(tmp_path: Path) -> None:
    """The file is 160 portions long; never are more than ten in memory, for Arrow reads some ahead."""
    rows, groups = 10_000, 160
    table = pa.table({"a": np.random.default_rng(0).random(rows * groups)})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=rows)
    portion = table.nbytes // groups
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in portions(tmp_path / "rows.parquet", ["a"], 0, rows)]
    assert len(held) == groups
    assert max(held) < 10 * portion
