"""The examples run through all stages with only their own params.yaml and contracts."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.project import ROOT, Project, make_project

DATA = Path(os.environ.get("LOCKSTEP_DATA", ROOT.parent / "shared" / "data"))
QUICK = {
    "tune.trials": 4,
    "evaluate.bootstrap": 200,
    "train.seeds": 1,
    "train.learning_curve": [],
    "track.enabled": False,
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("examples")]


def build(name: str, file: str, folder: Path) -> Project:
    if not (DATA / file).is_file():
        pytest.skip(f"{file} is not in {DATA}; LOCKSTEP_DATA names the folder that holds it")
    project = make_project(folder / "project", QUICK, example=ROOT / "examples" / name)
    project.run("dvc", "repro", LOCKSTEP_DATA=str(DATA))
    return project


def read(project: Project, name: str) -> dict:
    return json.loads((project.root / "data/reports" / name).read_text())


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build("telco", "telco.csv", tmp_path_factory.mktemp("telco"))


def test_telco_a_flat_table(telco: Project) -> None:
    project = telco
    assert read(project, "metrics.json")["auc"] > 0.84
    train = pd.read_parquet(project.root / "data/features/train.parquet")
    blank = train.loc[train["tenure"] == 0]
    assert len(blank)
    assert blank["TotalCharges"].isna().all(), "a blank cell is a missing value, not a text"
    assert blank["charges_per_month"].isna().all(), "a division by zero is a missing value, not an error"
    assert read(project, "drift.json")["drift"] == "not applicable"


def test_cdnow_one_event_table(tmp_path: Path) -> None:
    project = build("cdnow", "cdnow.txt", tmp_path)
    assert read(project, "metrics.json")["auc"] > 0.834, "the plain 20-line script reaches 0.834 on the same rows"
    test = pd.read_parquet(project.root / "data/features/test.parquet")
    assert test["cutoff"].unique().tolist() == [pd.Timestamp("2022-04-01")]
    raw = pd.read_csv(DATA / "cdnow.txt", sep=r"\s+", header=None, dtype={0: str}, names=["who", "day", "n", "usd"])
    assert len(test) == raw.loc[raw["day"] < 20220401, "who"].nunique(), "all earlier customers are asked about"
    buyers = set(raw.loc[raw["day"].between(20220401, 20220629), "who"])
    assert set(test.loc[test["label"] == 1, "customer_id"]) == buyers & set(test["customer_id"])


def test_an_experiment_leaves_the_variable_in_the_url_alone(telco: Project, tmp_path: Path) -> None:
    project = telco.copy(tmp_path / "project")
    project.commit("results")
    done = project.run("dvc", "exp", "run", "-S", "train.params.max_depth=2", LOCKSTEP_DATA=str(DATA))
    assert project.ran(done.stdout)[0] == "train"
    assert "url: $LOCKSTEP_DATA" in (project.root / "params.yaml").read_text()
    for file in ("params.yaml", "dvc.lock", "data/reports/report/report.html"):
        assert str(DATA) not in (project.root / file).read_text()
