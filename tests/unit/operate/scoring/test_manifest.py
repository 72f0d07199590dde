"""A manifest of scores cannot say that it is complete when it is not."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.operate.scoring.folder import folder_of, unfinished
from lockstep.operate.scoring.manifest import Part, ScoringManifest

JOB = ScoringManifest(
    complete=False, reason=None, as_of=datetime(2025, 6, 30), task="binary", classes=None,
    model="m", features="f", rows_per_part=2, rows=3, parts=(),
)  # fmt: skip
PARTS = (Part(file="part-00000.parquet", rows=2, sha256="a"), Part(file="part-00001.parquet", rows=1, sha256="b"))


def test_it_is_complete_when_the_last_row_is_there() -> None:
    assert [JOB.with_parts(PARTS[:n]).complete for n in range(3)] == [False, False, True]


def test_a_manifest_survives_writing_and_reading(tmp_path: Path) -> None:
    JOB.with_parts(PARTS).write(tmp_path)
    assert ScoringManifest.read(tmp_path) == JOB.with_parts(PARTS)


@pytest.mark.parametrize(
    "change",
    [
        {"complete": True},
        {"rows": 2},
        {"parts": [{"file": "../../shop.db", "rows": 2, "sha256": "a"}]},
        {"parts": [{"file": "part-00001.parquet", "rows": 2, "sha256": "a"}]},
        {"colour": 1},
    ],
)
def test_a_contradictory_manifest_is_damaged(tmp_path: Path, change: dict[str, Any]) -> None:
    JOB.with_parts(PARTS[:1]).write(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(LockstepError, match=r"manifest\.json: damaged"):
        ScoringManifest.read(tmp_path)


@pytest.mark.parametrize("change", [{"model": "other"}, {"features": "other"}, {"rows_per_part": 3}])
def test_another_model_snapshot_or_part_size_is_another_scoring(change: dict[str, Any]) -> None:
    assert JOB.with_parts(PARTS).is_of(JOB)
    assert not JOB.with_parts(PARTS).is_of(JOB.model_copy(update=change))


def test_every_as_of_has_a_folder_of_its_own() -> None:
    instants = [datetime(2025, 6, 30), datetime(2025, 6, 30, 12), datetime(2025, 6, 30, 12, 0, 1), None]
    folders = [folder_of(Path("scores"), as_of) for as_of in instants]
    assert folders[0] == Path("scores/2025-06-30")
    assert len(set(folders)) == len(folders)
    assert unfinished(folders[0]) == Path("scores/.2025-06-30.unfinished")
