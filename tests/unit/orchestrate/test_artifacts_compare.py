"""Metrics compared with those of the last run."""

from typing import Any

import pytest

from lockstep.orchestrate.artifacts import compare, read_values


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (0.75, 0.8125, "+0.0625"),
        (1, 0.5, "-0.5000"),
        (2, 2, "0"),
        (None, 1, ""),
        ("pass", "fail", "changed"),
        ("pass", "pass", ""),
        ("n/a", 1.0, "changed"),
    ],
)
def test_the_change_of_a_metric(before: Any, after: Any, change: str) -> None:
    (row,) = compare({} if before is None else {"m": before}, {"m": after})
    assert row == {"metric": "m", "value": after, "last run": "" if before is None else before, "change": change}


def test_a_removed_metric_is_not_shown() -> None:
    assert compare({"old": 1}, {}) == []


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"null"])
def test_a_file_without_metrics_counts_as_missing(content: bytes, tmp_path: Any) -> None:
    (tmp_path / "metrics.json").write_bytes(content)
    assert read_values(tmp_path / "metrics.json") == {}
    assert read_values(tmp_path / "nowhere.json") == {}
