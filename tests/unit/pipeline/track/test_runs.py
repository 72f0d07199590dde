"""Finished and dead runs."""

import time
from types import SimpleNamespace

import pytest

from lockstep.pipeline.track import tags
from lockstep.pipeline.track.runs import GRACE, is_dead, is_finished


def run(status: str = "RUNNING", age: float = 0.0, **told: str) -> SimpleNamespace:
    info = SimpleNamespace(status=status, start_time=(time.time() - age) * 1000)
    return SimpleNamespace(info=info, data=SimpleNamespace(tags=told))


@pytest.mark.parametrize(
    ("status", "tagged", "finished"),
    [("FINISHED", True, True), ("FINISHED", False, False), ("RUNNING", True, False), ("FAILED", True, False)],
)
def test_finished_is_both_the_tag_and_the_status(status: str, tagged: bool, finished: bool) -> None:
    assert is_finished(run(status, **({tags.FINISHED: "now"} if tagged else {}))) == finished


def test_an_unfinished_run_is_dead_for_the_only_writer() -> None:
    assert is_dead(run(), exclusive=True)


def test_without_a_lock_a_young_unfinished_run_is_kept() -> None:
    assert not is_dead(run(age=GRACE / 2), exclusive=False)
    assert is_dead(run(age=GRACE * 2), exclusive=False)
