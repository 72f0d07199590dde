"""`dvc repro` on a fresh checkout, and which stages rerun after a change."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.e2e.project import TINY, Project, make_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("shop")]

STAGES = ["simulate", "ingest", "process", "features", "tune", "train", "evaluate", "drift", "report", "track"]


def test_everything_is_pinned_and_nothing_is_left_to_do(built: Project) -> None:
    assert sorted(built.lock()) == sorted(STAGES)
    assert built.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."
    assert built.run("git", "status", "--porcelain").stdout == ""
    assert built.ran(built.run("dvc", "repro").stdout) == []


def test_metrics_in_git_are_few_and_short(built: Project) -> None:
    metrics = json.loads((built.root / "data/reports/metrics.json").read_text())
    drift = json.loads((built.root / "data/reports/drift.json").read_text())
    assert len(metrics) + len(drift) <= 12
    assert all(len(name) <= 14 for name in metrics | drift)
    assert {"auc", "gate"} <= set(metrics)


def test_the_clean_shop_raises_no_alarm_of_leakage(built: Project) -> None:
    explanation = json.loads((built.root / "data/reports/evaluation/evaluation.json").read_text())["explanation"]
    assert explanation["alarms"] == []
    assert explanation["near"]["judged"] > 20
    assert explanation["near"]["not_applicable"][0].startswith("tickets_count_7d and ")


def test_the_summary_shows_rows_metrics_drift_and_report(built: Project) -> None:
    text = built.run("lockstep", "summary").stdout
    for part in ("orders", "rejected", "train", "ROC AUC", "logistic", "gate", "drift", "report.html"):
        assert part in text


def test_another_folder_zone_hash_seed_and_thread_count_give_the_same_hashes(built: Project, tmp_path: Path) -> None:
    other = make_project(tmp_path / "another folder", TINY)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOCKSTEP_THREADS"), "1")
    other.run("dvc", "repro", TZ="Asia/Kathmandu", PYTHONHASHSEED="42", LC_ALL="C", **threads)
    assert other.lock() == built.lock()


@pytest.mark.parametrize(
    ("key", "value", "first", "untouched"),
    [
        ("train.params.max_depth", 4, "train", ["simulate", "ingest", "process", "features", "tune"]),
        ("train.estimator", "logistic", "tune", ["simulate", "ingest", "process", "features"]),
        ("drift.max_drifted", 3, "drift", ["simulate", "ingest", "process", "features", "tune", "train", "evaluate"]),
        ("process.max_reject_share", 0.5, "process", ["simulate", "ingest"]),
    ],
)
def test_a_change_of_params_touches_no_stage_before_it(
    project: Project, key: str, value: object, first: str, untouched: list[str]
) -> None:
    project.set(**{key.replace(".", "__"): value})
    changed = json.loads(project.run("dvc", "status", "--json").stdout)
    assert first in changed
    assert not set(changed) & set(untouched)


def test_code_that_stages_share_changes_and_only_those_that_list_it_are_stale(project: Project) -> None:
    module = project.root / "src/lockstep/tables/contract.py"
    module.write_text(module.read_text() + "\n# changed\n")
    stale = {
        stage
        for stage, reasons in json.loads(project.run("dvc", "status", "--json").stdout).items()
        if any("src/lockstep/tables" in json.dumps(reason) for reason in reasons)
    }
    assert stale == {"ingest", "process"}


def test_an_experiment_runs_what_it_changes_and_is_listed(project: Project) -> None:
    # Deeper trees than those found can come out the same on so few rows; stumps cannot.
    done = project.run("dvc", "exp", "run", "--name", "stumps", "-S", "train.params.max_depth=1")
    assert project.ran(done.stdout) == ["train", "evaluate", "drift", "report", "track"]
    assert [line for line in project.run("git", "diff", "params.yaml").stdout.splitlines() if "max_depth" in line]
    table = project.run("dvc", "exp", "show", "--csv", "--only-changed").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    (stumps,) = [row for row in rows if row["Experiment"] == "stumps"]
    assert stumps["train.params.max_depth"] == "1"
    assert {"auc", "logloss"} & set(stumps)


def test_deleted_outputs_come_back_from_the_cache(project: Project) -> None:
    before = project.lock()
    for name in ("raw", "features"):
        for file in (project.root / "data" / name).iterdir():
            file.unlink()
    assert project.ran(project.run("dvc", "repro").stdout) == []
    assert project.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."
    assert project.lock() == before


def test_plots_are_drawn(built: Project, tmp_path: Path) -> None:
    built.run("dvc", "plots", "show", "-o", str(tmp_path))
    page = (tmp_path / "index.html").read_text()
    for title in ("ROC curve", "Precision and recall", "Confusion", "Calibration", "Drift of each feature"):
        assert title in page


def test_moving_as_of_past_the_shift_finds_the_drift(project: Project) -> None:
    drift = project.root / "data/reports/drift.json"
    assert json.loads(drift.read_text())["drift"] == "no"
    project.set(source__as_of="2025-11-30")
    project.run("dvc", "repro", "drift")
    assert json.loads(drift.read_text())["drift"] == "yes"
