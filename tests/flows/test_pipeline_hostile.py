"""Hostile names and output."""

from pathlib import Path

import pytest

from lockstep.orchestrate.running.output import AT_ONCE, LONGEST
from tests.flows.server import Server
from tests.flows.tiny import awaited, copy_of, flow_here, lock_of, read_artifacts, read_logs, repro_here, tiny_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

NAMES = ["with spaces", "-dash", "日本語", "ümlaut_1"]

OUTPUT = """\
stages:
  lines:
    cmd: seq 100000; cp source.txt lines
    outs: [lines]
  endless:
    cmd: head -c 5000000 /dev/zero | tr '\\0' x; cp source.txt endless
    outs: [endless]
  bytes:
    cmd: printf 'not text \\377\\376 \\000 \\r one\\r\\ntwo\\n x:\\040, of ,\\n'; cp source.txt bytes
    outs: [bytes]
"""


def test_a_stage_may_have_any_name_that_dvc_allows(tmp_path: Path, prefect_server: Server) -> None:
    stages = "".join(
        f'  "{name}":\n    cmd: \'echo "steps: 1 of 2"; echo {number} > out{number}\'\n    outs: [out{number}]\n'
        for number, name in enumerate(NAMES)
    )
    project = tiny_project(tmp_path / "p", f"stages:\n{stages}")
    peer = copy_of(project, tmp_path / "dvc")
    repro_here(peer)
    run = flow_here(project, prefect_server)
    assert run.states == dict.fromkeys(NAMES, "Completed"), run.message
    assert lock_of(project) == lock_of(peer)
    progress = [key for key in read_artifacts(prefect_server, run.id) if key.startswith("progress-")]
    assert len(progress) == len(NAMES)


def test_endless_output_neither_floods_the_log_nor_hides_the_outcome(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "p", OUTPUT)
    run = flow_here(project, prefect_server)
    assert run.states == dict.fromkeys(["lines", "endless", "bytes"], "Completed"), run.message
    what = {row["stage"]: row["what"] for row in read_artifacts(prefect_server, run.id)["stages"]}
    assert what == dict.fromkeys(["lines", "endless", "bytes"], "ran")
    ended = "Finished in state Completed()"
    log = awaited(lambda: read_logs(prefect_server, run.id), lambda lines: lines.count(ended) == 3)
    assert len(log) < AT_ONCE + 1000
    assert max(map(len, log)) < LONGEST + 100
    assert any("lines dropped here" in line for line in log)
    assert {"not text \ufffd\ufffd \ufffd ", " one", "two", " x: , of ,"} <= set(log)
