"""Workers of a search that are killed with `kill -9`, and workers that share a study."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.filled_sources import postgres_database
from tests.integration.searching import TRIALS, start

DEADLINE = 120.0  # seconds: for a machine that is busy with other things


@pytest.fixture
def server() -> Iterator[str]:
    with postgres_database() as url:
        yield url


def finish(*workers: subprocess.Popen[bytes]) -> None:
    for worker in workers:
        assert worker.wait(DEADLINE) == 0


def kill_at(worker: subprocess.Popen[bytes], mark: Path) -> None:
    """Kill a worker in the middle of a fit."""
    deadline = time.monotonic() + DEADLINE
    while not mark.exists():
        assert worker.poll() is None, "the worker ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    worker.kill()
    worker.wait()


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an uninterrupted search finds."""
    folder = tmp_path_factory.mktemp("whole")
    finish(start("", folder, folder / "whole.json"))
    return read(folder / "whole.json")


@pytest.mark.parametrize("kind", ["journal", "sqlite", "postgres"])
def test_a_killed_search_ends_as_if_it_had_not_been(
    kind: str, whole: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = {"journal": "", "sqlite": f"sqlite:///{tmp_path}/study.db"}
    url = urls[kind] if kind in urls else request.getfixturevalue("server")
    broken = tmp_path / "broken.json"
    kill_at(start(url, tmp_path / "broken", broken, hang_at=11), broken.with_suffix(".mark"))
    finish(start(url, tmp_path / "broken", broken))
    assert read(broken)["result"] == whole["result"]
    assert read(broken)["fits"] <= whole["fits"] - 9, "finished trials were made again"


def test_workers_share_a_study_and_agree_on_its_result(server: str, tmp_path: Path) -> None:
    results = [tmp_path / "one.json", tmp_path / "two.json"]
    # each from a checkout of its own, on an empty database, which both want to make their tables in
    finish(*(start(server, tmp_path / result.stem, result) for result in results))
    first, second = map(read, results)
    assert first["result"] == second["result"]
    trials = first["result"]["trials"]
    assert [trial["number"] for trial in trials] == list(range(TRIALS))
    assert first["fits"], "the second worker made all trials"
    assert second["fits"], "the first worker made all trials"
    assert first["fits"] + second["fits"] <= 2 * TRIALS + 4, "trials were made twice"


def test_what_a_dead_worker_of_another_machine_began_is_finished_by_the_others(server: str, tmp_path: Path) -> None:
    dead, alive = tmp_path / "dead.json", tmp_path / "alive.json"
    other = start(server, tmp_path / "there", dead, hang_at=5)
    worker = start(server, tmp_path / "here", alive)
    kill_at(other, dead.with_suffix(".mark"))
    finish(worker)
    assert [trial["number"] for trial in read(alive)["result"]["trials"]] == list(range(TRIALS))
