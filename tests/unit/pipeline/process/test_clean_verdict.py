"""When rejects stop the run."""

from lockstep.pipeline.process.clean import Outcome, Reason, verdict


def _outcome(rows: int, rejected: int, *reasons: Reason) -> Outcome:
    return Outcome(rows, rejected, reasons, 0, 0)


def test_as_many_rejects_as_allowed_pass() -> None:
    assert verdict(_outcome(100, 2), 0.02) == []
    assert verdict(_outcome(100, 0), 0.0) == []


def test_one_more_stops_with_share_limit_and_the_three_most_frequent_reasons() -> None:
    reasons = [Reason("a", "isin", 2, "<script>"), Reason("b", "unique", 1, "7"), Reason("c", "gt", 1, None)]
    [line] = verdict(_outcome(100, 3, *reasons, Reason("d", "lt", 1, "9")), 0.02)
    assert line == (
        "3 of 100 rows are rejected (3.00%), process.max_reject_share allows 2.00%; "
        "mostly a isin: 2 (such as '<script>'); b unique: 1 (such as '7'); c gt: 1"
    )


def test_nothing_left_stops_whatever_is_allowed() -> None:
    [line] = verdict(_outcome(5, 5, Reason("a", "isin", 5, "x" * 1000)), 1.0)
    assert "5 of 5 rows are rejected (100.00%), no row is left" in line
    assert len(line) < 200
