"""Files damaged by an accident are found before they are pushed or used, set aside, and rebuilt."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.flows.held import comes_through, held_project, is_as_if_nothing_had_happened, let_go
from tests.flows.server import Server
from tests.flows.tiny import awaited, copy_of, flow_here, lock_of, read_logs, repro_here, traced, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

DISK = 16_000_000  # bytes
OUTPUT = 2_000_000


def digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def object_of(project: Project, output: str) -> Path:
    """Return the object in DVC's cache that an output is pinned to."""
    name = next(outs[output] for outs in project.lock().values() if output in outs)
    return project.root / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)  # DVC trusts what is read-only


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def emptied(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(("damage", "wanted"), [(flipped, True), (emptied, False)])
def test_a_damaged_object_is_found_before_use_or_push_and_rebuilt(
    damage: Callable[[bytes], bytes], wanted: bool, built: Project, prefect_server: Server
) -> None:
    """Used: the output is gone and would come from the cache. Pushed: it is still there, only its object is wrong."""
    lock, damaged = lock_of(built), object_of(built, "left.txt")
    overwrite(damaged, damage(damaged.read_bytes()))
    if wanted:
        (built.root / "left.txt").unlink()
    run = flow_here(built, prefect_server)
    assert (run.state, run.message) == ("Completed", "3 cached, 1 ran")
    assert traced(built) == ["left"]
    assert digest(damaged) == f"{damaged.parent.name}{damaged.name}" == digest(built.root / "left.txt")
    said = "damaged in DVC's cache, set aside"
    awaited(lambda: read_logs(prefect_server, run.id), lambda lines: any(said in line for line in lines))
    is_as_if_nothing_had_happened(built, lock)


def test_an_empty_rwlock_blocks_no_run(built: Project, tmp_path: Path, prefect_server: Server) -> None:
    pipeline = (built.root / "dvc.yaml").read_text()
    write(built, "dvc.yaml", pipeline.replace("cat left.txt right.txt", "cat right.txt left.txt"))
    peer = copy_of(built, tmp_path / "peer")
    repro_here(peer)
    overwrite(built.root / ".dvc" / "tmp" / "rwlock", b"")
    run = flow_here(built, prefect_server)
    assert (run.state, run.message) == ("Completed", "3 cached, 1 ran")
    is_as_if_nothing_had_happened(built, lock_of(peer))


@pytest.mark.parametrize("end", [b"\n  left:", b"md5: "], ids=["between two stages", "in a line"])
def test_a_truncated_lock_file_causes_no_rerun(end: bytes, built: Project, prefect_server: Server) -> None:
    """Cut between two stages it is still YAML: DVC's run cache knows what the missing ones made."""
    lock = lock_of(built)
    (built.root / "dvc.lock").write_bytes(lock[: lock.rindex(end) + len(end) // 2])
    run = flow_here(built, prefect_server)
    assert run.state == "Completed", run.message
    assert traced(built) == []
    is_as_if_nothing_had_happened(built, lock)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a small disk of its own."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root to mount a small tmpfs")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a tmpfs is not allowed here: {done.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def leave(room: int, disk: Path) -> None:
    """Fill the disk but for some bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - room))


def test_a_full_disk_is_reported_and_with_space_the_flow_completes(
    disk: Path, tmp_path: Path, prefect_server: Server
) -> None:
    """No room at all; room for the stage's output, but not for DVC's copy of it."""
    project = held_project(disk / "p")
    let_go(project)
    write(project, "source.txt", "x" * OUTPUT)
    peer = copy_of(project, tmp_path / "peer")
    repro_here(peer)
    for room in (0, OUTPUT * 3 // 2):
        leave(room, disk)
        run = flow_here(project, prefect_server)
        assert run.state == "Failed", room
        assert "No space left on device" in run.message, (room, run.message)
    (disk / "ballast").unlink()
    comes_through(project, prefect_server, lock_of(peer))
