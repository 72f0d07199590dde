"""How the tables of a manifest are read."""

from pathlib import Path

import pandas as pd
import pytest

from lockstep.core.manifest import read_frame


def test_arrow_gets_no_python_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads may outlive the interpreter's lock, which the buffers of such a file ask for."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    frame.to_parquet(tmp_path / "t.parquet")
    expected = pd.read_parquet(tmp_path / "t.parquet")

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("pandas opened the file itself")

    monkeypatch.setattr("pandas.io.parquet.get_handle", opened)
    with pytest.raises(AssertionError, match="itself"):
        pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "t.parquet"), expected)
