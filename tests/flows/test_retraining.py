"""A retraining with real stages: killed in the middle, run again, and its results."""

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sklearn.metrics import roc_auc_score

from lockstep.artifacts.bundle import Model
from lockstep.artifacts.evaluation import Reason
from lockstep.core.manifest import Manifest
from lockstep.core.workspace import Workspace
from lockstep.decisions.promotion import Decision
from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.shop import AS_OF, Ended, Shops, run_here, start
from tests.flows.tiny import BEGUN, awaited, read_logs, said_until
from tests.integration.repository import call, state

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-shop")]

BRANCH = f"retrain/{AS_OF}"
OVERRIDES = {"train.params.max_depth": 3}


@dataclass(frozen=True)
class Night:
    """A retraining that was killed, the one after it, and the same once more."""

    project: Project
    store: Path
    origin: Path
    before: dict[str, Any]
    """Of the user's checkout, with work under way in it."""
    killed: str
    """What was said by the one that was killed."""
    left: str
    """`git worktree list` after that."""
    run: Ended
    after: dict[str, Any]
    again: Ended

    def git(self, *arguments: str) -> str:
        return call(self.project.root, "git", *arguments)


@pytest.fixture(scope="module")
def night(shops: Shops, tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Night:
    folder = tmp_path_factory.mktemp("night")
    project = followed(shops.copy(folder / "shop"), folder)
    work_under_way(project)
    before = state(project.root)
    with start("retraining", project, prefect_server, as_of=AS_OF, overrides=json.dumps(OVERRIDES)) as process:
        said = said_until(process, "tage 'ingest'")
        process.kill()
    left = call(project.root, "git", "worktree", "list")
    with pytest.MonkeyPatch.context() as patch:
        damage_before_the_push(patch, project, shops.cache)
        run = run_here("retraining", project, prefect_server, as_of=AS_OF, overrides=OVERRIDES)
    after = state(project.root)
    again = run_here("retraining", project, prefect_server, as_of=AS_OF, overrides=OVERRIDES)
    return Night(project, folder / "store", folder / "origin.git", before, said, left, run, after, again)


def followed(project: Project, folder: Path) -> Project:
    """Give a project remotes of git's and of DVC's beside it, and the wish to push."""
    call(project.root, "dvc", "remote", "add", "-d", "store", "../store")
    project.set(retrain__push=True)
    project.commit("remotes")
    project.run("git", "clone", "-q", "--bare", ".", str(folder / "origin.git"))
    project.run("git", "remote", "add", "origin", "../origin.git")
    project.run("git", "push", "-qu", "origin", "main")
    return project


def work_under_way(project: Project) -> None:
    """Leave in a checkout what a user may have there: a stash, something staged, something not, something new."""
    params = project.root / "params.yaml"
    params.write_text(params.read_text() + "# an idea\n")
    project.run("git", "stash", "-q")
    (project.root / "README.md").write_text("staged\n")
    project.run("git", "add", "README.md")
    params.write_text(params.read_text() + "# another idea\n")
    (project.root / "notes.txt").write_text("new\n")


def damage_before_the_push(patch: pytest.MonkeyPatch, project: Project, cache: Path) -> None:
    """Flip a bit in DVC's cache at the last moment: when the decision is made."""
    from lockstep.decisions.promotion import decide

    def decide_and_damage(*arguments: Any) -> Any:
        path = cached(project.root / ".lockstep" / "worktrees" / "retraining", cache, "simulate", "simulation.json")
        path.chmod(0o644)
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
        path.chmod(0o444)  # so that DVC trusts it unseen
        return decide(*arguments)

    patch.setattr("lockstep.orchestrate.challenger.decide", decide_and_damage)


def cached(tree: Path, cache: Path, stage: str, name: str) -> Path:
    """Return the object of one file of a stage's first output."""
    listing = YAML(typ="safe").load(tree / "dvc.lock")["stages"][stage]["outs"][0]["md5"]
    objects = cache / "files" / "md5"
    files = json.loads((objects / listing[:2] / listing[2:]).read_text())
    (md5,) = [file["md5"] for file in files if file["relpath"] == name]
    return objects / md5[:2] / md5[2:]


def test_it_completes_with_a_recommendation(night: Night) -> None:
    assert night.run.state == "Completed"
    assert re.match(rf"{BRANCH}: (promote|keep): (ok|no): ", night.run.message)


def test_the_branch_changes_the_requested_lines_and_the_results(night: Night) -> None:
    assert night.git("diff", "--name-only", "main", BRANCH).split() == [
        "data/reports/drift.json",
        "data/reports/metrics.json",
        "dvc.lock",
        "params.yaml",
    ]
    lines = night.git("diff", "-U0", "main", BRANCH, "--", "params.yaml").splitlines()
    assert [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")] == [
        "-  as_of: '2025-06-30'         # rows at or after this instant are not read; try \"2025-10-31\"",
        f"+  as_of: '{AS_OF}'         # rows at or after this instant are not read; try \"2025-10-31\"",
        "-    max_depth:",
        "+    max_depth: 3",
    ]


def test_its_one_commit_has_the_decision_in_machine_readable_form(night: Night) -> None:
    assert night.git("rev-list", "--count", f"main..{BRANCH}").strip() == "1"
    word = night.run.message.split(": ")[1]
    text = night.git("log", "-1", "--format=%B", BRANCH)
    assert text.startswith(f"Retrain for {AS_OF}: {word}")
    reasons = re.findall(r"^- ((?:ok|no|--): .*)$", text, re.MULTILINE)
    assert night.run.message == f"{BRANCH}: {word}: {'; '.join(reasons)}"
    assert "Changed as well: train.params.max_depth=3\n" in text
    assert re.search(r"- [\d,]+ new rows \(orders [\d,]+, sessions [\d,]+, tickets [\d,]+\)", text)
    trailers = night.git("log", "-1", "--format=%(trailers:only)", BRANCH).strip().splitlines()
    assert trailers == [f"Lockstep-Retrain: {AS_OF}", f"Lockstep-Decision: {word}"]
    assert night.run.artifacts["decision"].strip() == text.strip()


def test_dvc_lists_it_among_the_experiments(night: Night) -> None:
    shown = json.loads(night.project.run("dvc", "exp", "show", "--json").stdout)
    (main,) = [row for row in shown if row["name"] == "main"]
    (experiment,) = main["experiments"]
    (revision,) = experiment["revs"]
    assert experiment["name"] == f"retrain-{AS_OF}"
    assert revision["rev"] == night.git("rev-parse", BRANCH).strip()
    assert revision["data"]["metrics"]["data/reports/metrics.json"]["data"]["auc"] > 0.5


def test_the_users_checkout_is_not_touched(night: Night) -> None:
    assert night.after.keys() == night.before.keys()
    for name, found in night.after.items():
        if name != "branches":
            assert found == night.before[name], name


def test_git_has_no_other_trace_of_it(night: Night) -> None:
    base = night.git("rev-parse", "main").strip()
    assert night.git("for-each-ref", "--format=%(refname)").split() == [
        f"refs/exps/{base[:2]}/{base[2:]}/retrain-{AS_OF}",
        "refs/heads/main",
        f"refs/heads/{BRANCH}",
        "refs/remotes/origin/main",
        f"refs/remotes/origin/{BRANCH}",
        "refs/stash",
    ]
    assert len(night.git("worktree", "list").splitlines()) == 1
    assert not (night.project.root / ".lockstep" / "worktrees" / "retraining").exists()


def test_it_reuses_the_worktree_of_a_killed_run(night: Night, prefect_server: Server) -> None:
    assert "/.lockstep/worktrees/retraining " in night.left
    (dead,) = prefect_server.find("flow_runs", flow_runs={"name": {"any_": [re.search(BEGUN, night.killed)[1]]}})
    assert dead["state_name"] == "Crashed"
    awaited(
        lambda: read_logs(prefect_server, night.run.id),
        lambda lines: any("without releasing the workspace" in line for line in lines),
    )


@pytest.fixture(scope="module")
def fetched(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reviewer's clone of what was pushed, with the data."""
    clone = tmp_path_factory.mktemp("review") / "clone"
    shutil.copytree(night.store, clone.with_name("store"))  # a remote of DVC's is where its settings say: beside it
    subprocess.run(["git", "clone", "-qb", BRANCH, str(night.origin), str(clone)], check=True)
    call(clone, "dvc", "pull", "-q")
    return clone


def test_a_fetched_branch_has_its_data_and_is_up_to_date(fetched: Path) -> None:
    assert call(fetched, "dvc", "status").strip() == "Data and pipelines are up to date."


def test_champion_and_challenger_are_judged_on_the_same_rows(night: Night, fetched: Path) -> None:
    """Measured a second time, by another library."""
    challenger, champion = Workspace(fetched), Workspace(night.project.root)
    test = Manifest.read(challenger.features).frame(challenger.features, "test")
    new, old = (roc_auc_score(test["label"], Model.load(side.model).predict(test)) for side in (challenger, champion))
    assert f"ROC AUC {new:.4f} against {old:.4f} on {len(test)} common rows, gain {new - old:+.4f}" in (
        night.run.message
    )


def test_damaged_objects_are_rebuilt_and_never_pushed(night: Night) -> None:
    pushed = [path for path in night.store.rglob("*") if path.is_file()]
    assert len(pushed) > 20
    assert [path for path in pushed if md5_of(path) != path.parent.name + path.name.removesuffix(".dir")] == []
    (aside,) = (night.project.root / ".lockstep" / "set-aside").glob("*/*")
    assert md5_of(aside) != aside.name


def md5_of(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def test_a_second_retraining_for_one_as_of_does_nothing(night: Night) -> None:
    assert night.again.state == "Skipped"
    assert night.again.message.startswith(f"{BRANCH} exists already")
    assert night.again.artifacts == {}


def test_a_branch_that_only_the_remote_has_counts_too(night: Night, tmp_path: Path, prefect_server: Server) -> None:
    """A worker's clone: another worker has pushed, and this one has fetched."""
    project = night.project.copy(tmp_path / "shop")
    project.run("git", "branch", "-qD", BRANCH)
    run = run_here("retraining", project, prefect_server, as_of=AS_OF)
    assert (run.state, run.message.split(";")[0]) == ("Skipped", f"{BRANCH} exists already")


@pytest.mark.parametrize(
    ("as_of", "reason"),
    [
        ("2025-08-03", f"2025-08-03 is less than retrain.cooldown = 7d from the as_of {AS_OF}"),
        ("2025-06-30", "the champion's as_of is 2025-06-30 already, and no other parameter changes"),
        ("2025-05-31", "2025-05-31 is before the champion's as_of 2025-06-30"),
    ],
)
def test_a_guard_rail_skips_with_a_reason_and_does_not_fail(
    night: Night, prefect_server: Server, as_of: str, reason: str
) -> None:
    before = state(night.project.root)
    run = run_here("retraining", night.project, prefect_server, as_of=as_of)
    assert (run.state, reason in run.message, run.artifacts) == ("Skipped", True, {})
    assert state(night.project.root) == before


def test_a_commit_of_a_retraining_starts_no_other_retraining(
    night: Night, tmp_path: Path, prefect_server: Server
) -> None:
    """Merged, its branches deleted; then drift is reported again, say late, for the same data."""
    project = night.project.copy(tmp_path / "shop")
    project.run("git", "stash", "-qu")
    project.run("git", "merge", "-q", "--ff-only", BRANCH)
    project.run("git", "branch", "-qd", BRANCH)
    project.run("git", "update-ref", "-d", f"refs/remotes/origin/{BRANCH}")
    run = run_here("retraining", project, prefect_server, as_of=AS_OF)
    assert run.state == "Skipped"
    assert f"the champion's commit is itself the retraining for {AS_OF}" in run.message


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"as_of": "tomorrow"}, "as_of: expected a date such as 2025-06-30 or a time such as 2025-06-30 12:00:00"),
        ({"as_of": "2025-08-31T00:00:00Z"}, "as_of: expected a time without zone"),
        ({"overrides": {"train.params.max_deph": 4}}, "train.params.max_deph: no such key; did you mean 'max_depth'?"),
        ({"overrides": {"train.rounds": "many"}}, "train.rounds:"),
        ({"overrides": {"source.as_of": "2025-08-31"}}, "source.as_of: expected in the parameter `as_of`"),
    ],
)
def test_a_wrong_request_fails_before_any_work(
    night: Night, prefect_server: Server, asked: dict[str, Any], told: str
) -> None:
    before = state(night.project.root)
    run = run_here("retraining", night.project, prefect_server, **asked)
    assert run.state == "Failed"
    assert told in run.message
    assert len(run.message.splitlines()) <= 4
    assert run.artifacts == {}
    assert state(night.project.root) == before


def test_disabled_is_disabled_as_committed(night: Night, tmp_path: Path, prefect_server: Server) -> None:
    project = alone(night, tmp_path, retrain__mode="disabled")
    project.set(retrain__mode="enabled")  # not committed
    run = run_here("retraining", project, prefect_server, as_of=AS_OF)
    assert (run.state, run.message) == ("Skipped", "retrain.mode is disabled")
    said = "not committed, so not used here: params.yaml"
    awaited(lambda: read_logs(prefect_server, run.id), lambda lines: said in lines)


BETTER = Reason(passed=True, text="better")


def test_a_dry_run_decides_on_the_newest_data_and_creates_nothing(
    night: Night, tmp_path: Path, prefect_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an as_of it is the end of the newest data; the shop's life ends with 2025."""
    project = alone(night, tmp_path, retrain__mode="dry_run")
    monkeypatch.setattr("flows.retraining.challenge", lambda *_: Decision(promote=True, reasons=(BETTER,)))
    stored, pushed = (sorted(folder.rglob("*")) for folder in (night.store, night.origin))
    before, refs = state(project.root), call(project.root, "git", "for-each-ref")
    run = run_here("retraining", project, prefect_server)
    assert (run.state, run.message) == ("DryRun", "promote: ok: better")
    newest = min(datetime.now(UTC).date(), date(2026, 1, 1))
    assert run.artifacts["decision"].startswith(f"Retrain for {newest}: promote")
    assert (state(project.root), call(project.root, "git", "for-each-ref")) == (before, refs)
    assert [sorted(folder.rglob("*")) for folder in (night.store, night.origin)] == [stored, pushed]


def test_too_few_new_rows_skip_the_retraining(night: Night, tmp_path: Path, prefect_server: Server) -> None:
    project = alone(night, tmp_path, retrain__min_new_rows=1_000_000)
    run = run_here("retraining", project, prefect_server, as_of=AS_OF)
    assert run.state == "Skipped"
    assert re.fullmatch(r"[\d,]+ new rows \(.*\); retrain.min_new_rows is 1,000,000", run.message)
    assert "decision" not in run.artifacts


def alone(night: Night, folder: Path, **changes: Any) -> Project:
    """Return a copy of the project from before the night, with other parameters committed."""
    project = night.project.copy(folder / "shop")
    project.run("git", "stash", "-qu")
    project.run("git", "branch", "-qD", BRANCH)
    project.run("git", "update-ref", "-d", f"refs/remotes/origin/{BRANCH}")
    project.set(**changes)
    project.commit("other guard rails")
    return project
