"""Hashes as DVC makes them, without DVC."""

from pathlib import Path

import pytest

from lockstep.versioning.cache import Cache
from lockstep.versioning.hashes.content_hash import content_hash, file_hash
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.pinned_files import Fault, faults


def test_a_directory_has_dvcs_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvc.repo import Repo

    (tmp_path / "d" / "é").mkdir(parents=True)
    (tmp_path / "d" / "b.txt").write_text("b\r\n")
    (tmp_path / "d" / "é" / 'a [red] "q".txt').write_text("a")
    monkeypatch.chdir(tmp_path)
    repo = Repo.init(no_scm=True)
    (stage,) = repo.add("d")
    assert content_hash(tmp_path, tmp_path / "d") == stage.outs[0].hash_info.value
    cache = Cache(tmp_path / ".dvc" / "cache")
    pin = Pin("d", stage.outs[0].hash_info.value)
    assert faults(tmp_path, [pin], cache) == ()
    (tmp_path / "d" / "b.txt").write_text("c")
    (tmp_path / "d" / "more").touch()
    assert {(one.path, one.kind) for one in faults(tmp_path, [pin], cache)} == {
        ("d/b.txt", "different"),
        ("d/more", "extra"),
    }
    nowhere = Cache(tmp_path / "nowhere")
    assert faults(tmp_path, [pin], nowhere) == (Fault("d", pin.md5, "different"),)
    assert faults(tmp_path / "x", [pin], nowhere) == (Fault("d", pin.md5, "missing"),)


def test_the_hash_of_an_empty_file_is_md5s(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert file_hash(tmp_path / "empty") == "d41d8cd98f00b204e9800998ecf8427e"
