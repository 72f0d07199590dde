"""One finished run per result, after repeats, kills and concurrent writers."""

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import connect
from lockstep.pipeline.track.gather import gather
from lockstep.pipeline.track.runs import is_finished
from tests.integration.tracked_workspace import artifacts, models, pin, publish_here, runs, set_param, start

pytestmark = pytest.mark.xdist_group("track")

TRIALS = 3
DEADLINE = 120.0


def is_whole(workspace: Workspace) -> bool:
    """Tell whether one finished run with its trials and its model is all there is."""
    backend = connect(workspace.root)
    (run,) = runs(backend)
    children = runs(backend, nested=True)
    return (
        is_finished(run)
        and {child.data.tags["mlflow.parentRunId"] for child in children} == {run.info.run_id}
        and sorted(child.data.tags[tags.TRIAL] for child in children) == ["0", "1", "2"]
        and [model.source_run_id for model in models(backend)] == [run.info.run_id]
    )


def test_a_repeat_adds_nothing_and_changes_nothing(workspace: Workspace) -> None:
    first, second = publish_here(workspace), publish_here(workspace)
    assert (first.new, second.new) == (True, False)
    assert first.run_id == second.run_id
    assert len(runs(connect(workspace.root))) == 1


def test_changed_code_with_the_same_outputs_is_the_same_result(workspace: Workspace) -> None:
    before = gather(workspace)
    lock = workspace.root / "dvc.lock"
    code = "    deps:\n    - path: src/a.py\n      md5: 0123456789abcdef0123456789abcdef\n    outs:"
    lock.write_text(lock.read_text().replace("    outs:", code, 1))
    after = gather(workspace)
    assert after.fingerprint == before.fingerprint
    assert after.tags != before.tags, "the stage's digest tells them apart"


def test_a_changed_parameter_or_output_is_a_new_run(workspace: Workspace) -> None:
    found = {publish_here(workspace).run_id}
    set_param(workspace, "drift", max_drifted=2)
    found.add(publish_here(workspace).run_id)
    (workspace.report / "card.md").write_text("another card")
    pin(workspace)
    found.add(publish_here(workspace).run_id)
    assert len(found) == len(runs(connect(workspace.root))) == 3


def test_a_deleted_run_is_written_again(workspace: Workspace) -> None:
    first = publish_here(workspace)
    connect(workspace.root).client.delete_run(first.run_id)
    assert publish_here(workspace).new


@pytest.mark.parametrize(
    "kill_after",
    [
        ("create_run", 1),
        ("log_batch", 1),
        ("log_inputs", 1),
        ("log_artifacts", 1),
        ("create_logged_model", 1),
        ("log_outputs", 1),
        ("create_run", 3),  # the second trial
        ("set_terminated", TRIALS),  # the last one
        ("set_tag", 2),  # all is written, and the run not yet ended
    ],
    ids=lambda point: f"{point[0]}-{point[1]}",
)
def test_after_a_kill_a_repeat_leaves_one_complete_run(
    workspace: Workspace, tmp_path: Path, kill_after: tuple[str, int]
) -> None:
    process = start(workspace, kill_after=kill_after)
    process.join(DEADLINE)
    assert process.exitcode == -signal.SIGKILL
    assert not [run for run in runs(connect(workspace.root)) if is_finished(run)]
    published = publish_here(workspace, trials=True)
    assert is_whole(workspace)
    folder = artifacts(connect(workspace.root), published.run_id, tmp_path / "back")
    assert (folder / "bundle" / "model.onnx").read_bytes() == (workspace.model / "model.onnx").read_bytes()


def test_after_a_kill_at_the_end_a_repeat_finds_the_run(workspace: Workspace) -> None:
    process = start(workspace, kill_after=("set_terminated", TRIALS + 1))
    process.join(DEADLINE)
    assert process.exitcode == -signal.SIGKILL
    (left,) = runs(connect(workspace.root))
    assert publish_here(workspace, trials=True).run_id == left.info.run_id
    assert is_whole(workspace)


def test_two_concurrent_writers_leave_one_run(workspace: Workspace) -> None:
    processes = [start(workspace), start(workspace)]
    for process in processes:
        process.join(DEADLINE)
    assert [process.exitcode for process in processes] == [0, 0]
    assert is_whole(workspace)


def test_of_two_finished_runs_of_two_machines_the_later_one_is_deleted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lockstep.pipeline.track import publish as publishing

    first = publish_here(workspace)
    backend, result = connect(workspace.root), gather(workspace)
    settle, asked = publishing._settle, []

    def blind_at_first(*arguments: Any) -> Any:
        asked.append(arguments)
        return settle(*arguments) if len(asked) > 1 else None

    monkeypatch.setattr(publishing, "_settle", blind_at_first)
    published = publishing.publish(backend, result)
    assert (published.run_id, published.new) == (first.run_id, False)
    assert [run.info.run_id for run in runs(backend)] == [first.run_id]
    assert len(models(backend)) == 1


def test_a_run_in_a_temporary_checkout_is_kept_in_the_main_checkout(workspace: Workspace) -> None:
    tree = workspace.root / ".lockstep" / "worktrees" / "night"
    shutil.copytree(workspace.root, tree, ignore=shutil.ignore_patterns(".lockstep"))
    first = publish_here(Workspace(tree))
    shutil.rmtree(tree)
    assert [run.info.run_id for run in runs(connect(workspace.root))] == [first.run_id]
    assert artifacts(connect(workspace.root), first.run_id, workspace.root / "back").is_dir()
