"""Which lines are progress, and how often the server is updated."""

import logging

import httpx
import pytest

from lockstep.orchestrate.running.progress import PROGRESS, ProgressArtifacts


class Recorded(ProgressArtifacts):
    """Keeps what would go to the server."""

    now = 0.0

    def __init__(self, error: httpx.HTTPError | None = None) -> None:
        super().__init__("tune", logging.getLogger(__name__), lambda: self.now)
        self.shown: list[tuple[str, float]] = []
        self._error = error

    def _publish(self, what: str, percent: float) -> None:
        self.shown.append((what, percent))
        self._artifacts[what] = None  # type: ignore[assignment]
        if self._error:
            raise self._error


@pytest.mark.parametrize(
    ("line", "done", "total"),
    [("     tune · trials: 3 of 20", "3", "20"), ("rows: 1,000 of 2,000,000 ", "1,000", "2,000,000")],
)
def test_progress_is_recognised(line: str, done: str, total: str) -> None:
    found = PROGRESS.match(line)
    assert found
    assert (found["done"], found["total"]) == (done, total)


@pytest.mark.parametrize(
    "line", ["", "x: , of ,", "3 of 10", "x: 3 of ten", "x: \u0663 of \u0661\u0660", "x: " + "9" * 5000 + " of 1"]
)
def test_other_lines_are_not_progress(line: str) -> None:
    progress = Recorded()
    progress.add(line)
    assert progress.shown == []


def test_percent_stays_within_its_bounds() -> None:
    for line, percent in [("x: 5 of 0", 100.0), ("x: 11 of 10", 100.0), ("x: 0 of 10", 0.0), ("x: 1 of 4", 25.0)]:
        progress = Recorded()
        progress.add(line)
        assert progress.shown == [("x", percent)]


def test_the_server_is_updated_once_a_second_and_at_the_end() -> None:
    progress = Recorded()
    for number in range(1, 31):
        progress.now = number / 10
        progress.add(f"x: {number} of 100")
    progress.done()
    assert progress.shown == [("x", 1.0), ("x", 11.0), ("x", 21.0), ("x", 100.0)]


def test_an_unavailable_server_is_called_once() -> None:
    progress = Recorded(httpx.ConnectError("gone"))
    for number in range(3):
        progress.now = 10.0 * number
        progress.add("x: 1 of 2")
    progress.done()
    assert len(progress.shown) == 1
