"""Results side by side: only differences, the best first, with any names."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lockstep.workbench.experiments.show import as_csv, as_markdown, show
from lockstep.workbench.experiments.table import table
from lockstep.workbench.experiments.tried import Interval, Tried

HOSTILE = "<script>|`x`\n[red]\u202e=1+1"


def tried(name: str, value: float | None, greater: bool = True, **params: Any) -> Tried:
    interval = None if value is None else Interval("auc", greater, value, value - 0.1, value + 0.1)
    metrics = {} if value is None else {"auc": round(value, 4), "gate": "pass"}
    return Tried(name, "c" * 40, {key: str(one) for key, one in params.items()}, metrics, interval)


def test_only_what_differs_is_shown_and_the_best_comes_first() -> None:
    found = table([tried("HEAD", 0.8, depth=3, rate=1), tried("deep", 0.9, depth=7, rate=1)])
    assert found.columns == ("auc", "interval", "auc", "depth")
    assert [(row.name, row.best) for row in found.rows] == [("deep", True), ("HEAD", False)]
    assert found.rows[0].cells == ("0.9000", "0.8000 to 1.0000", "0.9", "7")


def test_lower_is_better_for_such_metrics() -> None:
    found = table([tried("HEAD", 0.8, greater=False), tried("worse", 0.9, greater=False)])
    assert [row.name for row in found.rows if row.best] == ["HEAD"]


def test_an_unknown_result_comes_last_and_is_never_the_best() -> None:
    found = table([tried("gone", None, depth=1), tried("HEAD", 0.5, depth=2)])
    assert [(row.name, row.best) for row in found.rows] == [("HEAD", True), ("gone", False)]
    assert found.rows[1].cells == ("-", "-", "-", "-", "1")
    assert not any(row.best for row in table([tried("gone", None)]).rows)


def test_a_missing_parameter_is_a_difference() -> None:
    assert table([tried("HEAD", 0.5), tried("new", 0.6, depth=2)]).columns[-1] == "depth"


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=8))
def test_the_best_is_the_best_known_result(values: list[float | None]) -> None:
    found = table([tried(str(number), value) for number, value in enumerate(values)])
    known = [value for value in values if value is not None]
    best = [row.name for row in found.rows if row.best]
    assert len(best) == bool(known)
    assert [values[int(name)] for name in best] == ([max(known)] if known else [])


@pytest.mark.parametrize("form", ["terminal", "md", "csv"])
def test_hostile_names_are_escaped(form: str) -> None:
    found = table([tried(HOSTILE, 0.5, **{HOSTILE: 1}), tried("other", 0.4, **{HOSTILE: "=cmd()"})])
    if form == "md":
        text = as_markdown(found)
        assert len({line.replace("\\|", "").count("|") for line in text.splitlines()}) == 1
        assert "<script>" not in text
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(as_csv(found))))
        assert len(rows) == 3
        assert rows[2][-1] == "'=cmd()"
        text = as_csv(found).replace(HOSTILE, "")
    else:
        stream = io.StringIO()
        show(found, Console(file=stream, width=100))
        text = stream.getvalue()
        assert "[red]" in text
    assert "\u202e" not in text
