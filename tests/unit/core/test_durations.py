"""Durations of stages: saved for any name, and unknown if the file cannot be read."""

from pathlib import Path

import pytest

from lockstep.core.durations import Durations
from lockstep.core.workspace import Workspace


@pytest.mark.parametrize("stage", ["train", "../train", "a/b", "train.json", "é" * 40, ""])
def test_the_last_duration_of_each_stage_is_kept(stage: str, tmp_path: Path) -> None:
    durations = Durations.of(Workspace(tmp_path))
    durations.record(stage, 1.25)
    durations.record("another", 9.0)
    durations.record(stage, 2.5)
    assert durations.last(stage) == 2.5
    assert {path.parent for path in tmp_path.rglob("*.json")} == {durations.folder}


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"seconds": null}', "\x00"])
def test_what_was_never_timed_is_unknown(text: str | None, tmp_path: Path) -> None:
    durations = Durations.of(Workspace(tmp_path))
    if text is not None:
        durations.record("train", 1.0)
        next(durations.folder.glob("*.json")).write_text(text)
    assert durations.last("train") is None


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path) -> None:
    durations = Durations.of(Workspace(tmp_path))
    durations.folder.parent.mkdir()
    durations.folder.write_text("a file where the folder should be")
    durations.record("train", 1.0)
    assert durations.last("train") is None
