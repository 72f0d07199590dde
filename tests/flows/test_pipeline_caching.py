"""Which stages run: the flow and `dvc repro` agree, whichever ran last."""

import hashlib
import shutil

import pytest

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import (
    PARAMS,
    clean_here,
    flow_here,
    is_clean,
    lock_of,
    read_artifacts,
    repro_here,
    run_flow,
    traced,
    write,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

ALL = ["begin", "join", "left", "right"]
CACHED = dict.fromkeys(ALL, "Cached")


def test_the_command_runs_every_stage_once_and_then_finds_nothing_to_do(tiny: Project, prefect_server: Server) -> None:
    code, output, run = run_flow(tiny, prefect_server)
    assert code == 0, output
    assert run is not None
    assert run.states == dict.fromkeys(ALL, "Completed")
    assert sorted(traced(tiny)) == ALL
    assert is_clean(tiny)
    assert flow_here(tiny, prefect_server).states == CACHED
    assert traced(tiny) == []


def test_after_dvc_repro_by_hand_every_stage_is_cached(built: Project, prefect_server: Server) -> None:
    lock = lock_of(built)
    assert flow_here(built, prefect_server).states == CACHED
    assert traced(built) == []
    assert lock_of(built) == lock


def test_a_changed_param_reruns_downstream_stages_and_leaves_dvc_repro_nothing_to_do(
    built: Project, prefect_server: Server
) -> None:
    write(built, "params.yaml", PARAMS.replace("left: 1", "left: 2"))
    run = flow_here(built, prefect_server)
    assert run.states == {"begin": "Cached", "right": "Cached", "left": "Completed", "join": "Completed"}
    assert traced(built) == ["left", "join"]
    assert clean_here(built)
    repro_here(built)
    assert traced(built) == []


def test_a_param_that_is_changed_back_restores_the_old_outputs_and_lock(built: Project, prefect_server: Server) -> None:
    """The key of the old state was seen before: a store that decided for itself would call the new outputs hits."""
    old, joined = lock_of(built), (built.root / "join.txt").read_bytes()
    assert flow_here(built, prefect_server).states == CACHED
    write(built, "params.yaml", PARAMS.replace("left: 1", "left: 2"))
    flow_here(built, prefect_server)
    assert (built.root / "join.txt").read_bytes() != joined
    write(built, "params.yaml", PARAMS)
    states = flow_here(built, prefect_server).states
    assert (states["left"], states["join"]) == ("Completed", "Completed")
    assert (built.root / "join.txt").read_bytes() == joined
    assert lock_of(built) == old
    assert clean_here(built)


def test_outputs_in_the_cache_are_restored_without_a_run(built: Project, prefect_server: Server) -> None:
    for name in ("left.txt", "join.txt"):
        (built.root / name).unlink()
    run = flow_here(built, prefect_server)
    assert traced(built) == []
    assert clean_here(built)
    what = {row["stage"]: row["what"] for row in read_artifacts(prefect_server, run.id)["stages"]}
    assert what == {"begin": "cached", "right": "cached", "left": "restored", "join": "restored"}


def test_outputs_that_are_missing_everywhere_are_rebuilt(built: Project, prefect_server: Server) -> None:
    lock = lock_of(built)
    cache = built.root / ".dvc" / "cache"
    for name in ("left.txt", "join.txt"):
        digest = hashlib.md5((built.root / name).read_bytes()).hexdigest()
        (cache / "files" / "md5" / digest[:2] / digest[2:]).unlink()
        (built.root / name).unlink()
    shutil.rmtree(cache / "runs")
    flow_here(built, prefect_server)
    assert traced(built) == ["left", "join"]
    assert lock_of(built) == lock
    assert clean_here(built)


def test_a_stage_added_to_dvc_yaml_is_a_task(built: Project, prefect_server: Server) -> None:
    pipeline = (built.root / "dvc.yaml").read_text()
    added = "  added:\n    cmd: cp join.txt added.txt\n    deps: [join.txt]\n    outs: [added.txt]\n"
    write(built, "dvc.yaml", pipeline + added)
    assert flow_here(built, prefect_server).states == CACHED | {"added": "Completed"}


def test_a_target_runs_its_upstream_stages_and_no_others(tiny: Project, prefect_server: Server) -> None:
    assert flow_here(tiny, prefect_server, targets=["left"]).states == {"begin": "Completed", "left": "Completed"}
    assert traced(tiny) == ["begin", "left"]
