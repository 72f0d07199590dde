"""DVC's files and cache after a crash."""

import os
from pathlib import Path

import pytest

from lockstep.orchestrate.dvc_repo.cached_objects import damaged, inspect, set_aside
from lockstep.orchestrate.dvc_repo.repair import repair
from tests.e2e.project import Project
from tests.flows.tiny import repro_here, tiny_project

PIPELINE = """\
stages:
  file:
    cmd: echo file > file.txt
    outs: [file.txt]
  folder:
    cmd: mkdir folder; echo 1 > folder/one; echo 2 > folder/two
    outs: [folder]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = tiny_project(tmp_path / "p", PIPELINE)
    repro_here(project)
    project.commit("results")
    return project


def test_a_healthy_repository_is_not_changed(project: Project) -> None:
    lock = (project.root / "dvc.lock").read_bytes()
    assert repair(project.root) == []
    assert (project.root / "dvc.lock").read_bytes() == lock


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_an_unreadable_rwlock_is_set_aside(content: bytes, project: Project) -> None:
    table = project.root / ".dvc/tmp/rwlock"
    table.write_bytes(content)
    (said,) = repair(project.root)
    assert not table.exists()
    kept = Path(said.rpartition(" ")[2])
    assert (project.root / kept).read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"schema: '2.0'\nstages:\n  file:\n    cmd", b"\xff\xfe", b"stages: 3\n"]
)
def test_an_unreadable_lock_file_is_restored_as_committed(content: bytes, project: Project) -> None:
    lock = project.root / "dvc.lock"
    committed = lock.read_bytes()
    lock.write_bytes(content)
    said = repair(project.root)
    assert "dvc.lock was unreadable" in said[0]
    assert said[1] == "dvc.lock is restored as last committed"
    assert lock.read_bytes() == committed
    assert repair(project.root) == []


def test_an_uncommitted_lock_file_is_removed(tmp_path: Path) -> None:
    project = tiny_project(tmp_path / "p", PIPELINE)
    (project.root / "dvc.lock").write_text("{")
    assert repair(project.root)[-1] == "dvc.lock is removed; `dvc repro` rewrites it"
    assert not (project.root / "dvc.lock").exists()


def objects_of(project: Project) -> list[Path]:
    return sorted(path for path in (project.root / ".dvc/cache/files").rglob("*") if path.is_file())


def test_a_whole_cache_has_no_damage(project: Project) -> None:
    assert len(objects_of(project)) == 4
    assert damaged(project.root) == ()


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("content", [b"", b"flipped"])
def test_every_object_with_a_wrong_hash_is_found_and_set_aside(
    number: int, content: bytes, project: Project, tmp_path: Path
) -> None:
    path = objects_of(project)[number]
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)
    (found,) = damaged(project.root)
    assert found.object == path
    assert inspect(project.root, found.stage).damages == (found,)
    set_aside([found, found], tmp_path / "kept")
    assert not path.exists()
    assert (tmp_path / "kept" / f"{path.parent.name}{path.name}").read_bytes() == content
    assert damaged(project.root) == ()


def test_what_is_not_in_the_cache_is_not_damaged(project: Project) -> None:
    for path in objects_of(project):
        path.unlink()
    assert damaged(project.root) == ()


def test_an_abandoned_incomplete_object_is_removed(project: Project) -> None:
    folder = objects_of(project)[0].parent
    left, written, recent = (folder / f".{name}.tmp" for name in ("left", "written", "recent"))
    for path in (left, written, recent):
        path.write_bytes(b"half")
    for path in (left, written):
        os.utime(path, (0, 0))
    with written.open("rb"):
        (said,) = repair(project.root)
    assert f"{left.relative_to(project.root)} was an incomplete object" in said
    assert [path.exists() for path in (left, written, recent)] == [False, True, True]
    assert len(objects_of(project)) == 4 + 2
