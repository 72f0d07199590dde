"""`lockstep review` of real branches of a real project: shallower trees, other windows, params without results."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project, edit
from tests.integration.repository import state

pytestmark = pytest.mark.xdist_group("review")
HOSTILE = "ev|l`<b>@x"
EVALUATION = "data/reports/evaluation"


@pytest.fixture(scope="module")
def repository(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """main <- shallow (results pinned), windows (features pinned, the rest is not), hostile (nothing pinned)."""
    project = shop.copy(tmp_path_factory.mktemp("review") / "a project")
    branch(project, "shallow", {"train.params.max_depth": 1, "evaluate.gates.beat_baselines": False})
    project.run("dvc", "repro")
    project.commit("shallow")
    branch(project, "windows", {"features.windows": ["14d", "30d", "90d"], "source.as_of": "2025-09-30"})
    project.run("dvc", "repro", "features")
    project.commit("windows")
    branch(project, HOSTILE, {"card.contact": "<script>alert(1)</script>|`x`\n@all \u202e", "split.embargo": "45d"})
    project.commit("hostile")
    project.run("git", "checkout", "-q", "main")
    project.run("dvc", "checkout", "-q")
    return project


@pytest.fixture(scope="module")
def of_shallow(repository: Project) -> dict[str, Any]:
    """The review of main and shallow."""
    return review(repository, "main", "shallow")


@pytest.fixture
def project(repository: Project, tmp_path: Path) -> Project:
    """A copy to work on."""
    return repository.copy(tmp_path / "a project")


def branch(project: Project, name: str, changes: dict[str, Any]) -> None:
    project.run("git", "checkout", "-q", "-b", name, "main")
    project.run("dvc", "checkout", "-q")
    edit(project.root / "params.yaml", changes)


def review(project: Project, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.run("lockstep", "review", *arguments, "--json").stdout)
    return found


def standing(found: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["standing"] for stage in found["stages"]}


def test_it_agrees_with_compare_on_two_models(repository: Project, of_shallow: dict[str, Any]) -> None:
    found = of_shallow
    compared = json.loads(repository.run("lockstep", "compare", "main", "shallow", "--json").stdout)
    assert found["verdict"]["standing"] == "no detectable difference"
    assert {name: compared[name] for name in found["results"]["comparison"]} == found["results"]["comparison"]
    assert [(one["key"], one["old"], one["new"], one["kind"], one["alarm"]) for one in found["params"]] == [
        ("evaluate.gates.beat_baselines", "true", "false", "gate", "rule"),
        ("train.params.max_depth", "null", "1", "model", None),
    ]
    assert all(one["meaning"] for one in found["params"])
    assert (found["datasets"], found["shift"]["same"]) == ([], True)


def test_it_names_the_rerun_stages_and_their_durations(of_shallow: dict[str, Any]) -> None:
    rerun = {stage["name"]: stage for stage in of_shallow["stages"] if stage["standing"] == "rerun"}
    assert list(rerun) == ["train", "evaluate", "drift", "report", "track"]
    assert rerun["train"]["because"] == ["train.params.max_depth"]
    assert all(stage["seconds"] > 0 for stage in rerun.values())
    assert not of_shallow["verdict"]["stale"]


def test_the_checkout_stays_as_it_is_and_is_the_head_by_default(project: Project, of_shallow: dict[str, Any]) -> None:
    project.run("git", "checkout", "-q", "shallow")
    project.run("dvc", "checkout", "-q")
    before = state(project.root)
    found = review(project)
    assert found["base"]["name"] == "main"
    assert found["head"] == {"name": "workspace", "commit": None}
    assert found["results"] == of_shallow["results"]
    assert state(project.root) == before


def test_data_that_changed_and_stages_that_have_not_run_since(repository: Project) -> None:
    found = review(repository, "main", "windows")
    assert {one["path"] for one in found["datasets"]} == {"data/raw", "data/processed", "data/features"}
    orders = next(one for one in found["datasets"][1]["tables"] if one["name"] == "orders")
    assert orders["new"]["rows"] > orders["old"]["rows"]
    assert orders["new"]["span"]["last"] > orders["old"]["span"]["last"]
    assert orders["new"]["rejected"] > orders["old"]["rejected"] > 0
    shift = found["shift"]
    assert shift["judged"] > 0
    assert "orders_count_14d" in shift["added"]
    assert "orders_count_7d" in shift["removed"]
    assert standing(found)["features"] == "rerun"
    assert [name for name, one in standing(found).items() if one == "to run"][:3] == ["tune", "train", "evaluate"]
    assert found["verdict"]["standing"] == "unknown", "the model is that of the old data"


def test_a_stale_lock_is_reported_first_and_fails_a_strict_review(repository: Project) -> None:
    done = repository.run("lockstep", "review", "main", HOSTILE, "--strict", check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("dvc.lock is stale: features, tune, train, evaluate, drift, report")
    assert "dvc repro" in done.stdout
    assert repository.run("lockstep", "review", "main", HOSTILE).returncode == 0
    assert repository.run("lockstep", "review", "main", "shallow", "--strict").returncode == 0


def test_a_broken_gate_is_named_and_fails_a_strict_review(repository: Project) -> None:
    done = repository.run("lockstep", "review", "shallow", "main", "--strict", check=False)
    assert done.returncode == 1
    assert "Gates failed." in done.stdout
    assert "Gate: not significantly better than logistic" in done.stdout


def test_a_leak_is_a_warning(repository: Project) -> None:
    (change,) = (one for one in review(repository, "main", HOSTILE)["params"] if one["key"] == "split.embargo")
    assert (change["kind"], change["alarm"]) == ("split or seed", "leakage")


def test_files_for_a_job_escape_hostile_names(repository: Project, tmp_path: Path) -> None:
    repository.run("lockstep", "review", "main", HOSTILE, "--to", str(tmp_path / "out"))
    markdown = (tmp_path / "out" / "review.md").read_text()
    page = (tmp_path / "out" / "review.html").read_text()
    assert markdown.startswith("<!-- lockstep review -->\n")
    assert "<script" not in markdown
    assert "@all" not in markdown
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert json.loads((tmp_path / "out" / "review.json").read_text())["verdict"]["stale"]


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed: the page is not opened")
def test_a_browser_shows_the_page_with_its_plots_and_runs_nothing(repository: Project, tmp_path: Path) -> None:
    repository.run("lockstep", "review", "main", "shallow", "--to", str(tmp_path / "out"))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=2000"]
    page = (tmp_path / "out" / "review.html").as_uri()
    shown = subprocess.run([*command, page], capture_output=True, text=True, check=True, timeout=120).stdout
    assert shown.count("<svg") == 4
    assert "No detectable difference" in shown
    assert {path.name for path in (tmp_path / "out" / "plots").iterdir()} == {
        "roc.svg", "pr.svg", "calibration.svg", "importances.svg"
    }  # fmt: skip


def test_an_experiment_is_reviewed_by_its_name(project: Project, of_shallow: dict[str, Any]) -> None:
    project.run("git", "checkout", "-q", "shallow", "--", "params.yaml", "dvc.lock", "data/reports")
    project.run("dvc", "checkout", "-q")
    project.run("dvc", "exp", "save", "--name", "tried", "--force")
    found = review(project, "main", "tried")
    assert found["head"]["name"] == "tried"
    assert found["results"] == of_shallow["results"]


def forget(project: Project, *folders: str) -> None:
    """Remove what the head pins there from the cache."""
    lock = project.run("git", "show", "shallow:dvc.lock").stdout
    (project.root / "lock").write_text(lock)
    pinned = {path: md5 for outs in Project(project.root).lock().values() for path, md5 in outs.items()}
    (project.root / "lock").unlink()
    for line in lock.split("- path: "):
        path, _, rest = line.partition("\n")
        if path in folders and ".dir" in rest and (md5 := rest.split("md5: ")[-1].split()[0]) != pinned.get(path):
            shutil.rmtree(project.root / ".dvc" / "cache" / "files" / "md5" / md5[:2], ignore_errors=True)


def test_missing_files_are_named_and_the_rest_is_reported(project: Project) -> None:
    forget(project, EVALUATION)
    found = review(project, "main", "shallow")
    assert found["verdict"]["standing"] == "unknown"
    assert found["left_out"] == [f"{EVALUATION} of shallow is not in the cache"]
    assert found["params"]
    assert found["shift"]["same"]


def test_missing_files_come_from_the_remote_of_this_checkout(
    project: Project, of_shallow: dict[str, Any], tmp_path: Path
) -> None:
    project.run("dvc", "remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    project.run("git", "checkout", "-q", "shallow")
    project.run("dvc", "push", "-q")
    project.run("git", "checkout", "-q", "main")
    forget(project, EVALUATION)
    assert review(project, "main", "shallow") == of_shallow


def test_no_code_of_the_head_runs_and_its_settings_are_ignored(project: Project, tmp_path: Path) -> None:
    mark, store = tmp_path / "was run", tmp_path / "store"
    project.run("git", "checkout", "-q", "shallow")
    project.run("dvc", "remote", "add", "--default", "theirs", str(store))
    project.run("dvc", "push", "-q")
    code = f"open({str(mark)!r}, 'w').close()\n"
    for name in (
        "src/lockstep/__init__.py",
        "src/lockstep/workbench/review/side.py",
        "sitecustomize.py",
        "conftest.py",
    ):
        (project.root / name).write_text(code)
    project.run("git", "add", "-A")
    project.run("git", "commit", "-qm", "not to be run", "--no-verify")
    project.run("git", "checkout", "-q", "main")
    project.run("dvc", "checkout", "-q")
    forget(project, EVALUATION)
    found = review(project, "main", "shallow")
    assert not mark.exists()
    assert found["left_out"] == [f"{EVALUATION} of shallow is not in the cache"], "their remote was asked"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["no-such"], "no-such"), (["main", "--", "-h"], "-h"), (["main~99"], "main~99")],
)
def test_an_unknown_revision_is_an_error_of_one_screen(repository: Project, arguments: list[str], says: str) -> None:
    done = repository.run("lockstep", "review", *arguments, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 20
