"""scikit-learn's wine and diabetes as flat tables: more classes, and numbers, through all stages."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_diabetes, load_wine

from tests.e2e.project import ROOT, Project, make_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flat")]

Change = Callable[[dict], dict]

WINE = ["barolo", "grignolino", "barbera"]


def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True)
    return data.data.assign(kind=data.target.map(dict(enumerate(WINE))))


def diabetes() -> pd.DataFrame:
    data = load_diabetes(as_frame=True)
    return data.data.assign(progression=data.target)


def parameters(folder: Path, name: str, frame: pd.DataFrame, task: str, label: str) -> dict:
    """Return params.yaml for a flat table in a folder of CSV files."""
    default = yaml.safe_load((ROOT / "params.yaml").read_text())
    return default | {
        "simulate": {"enabled": False},
        "track": {"enabled": False, "trials": False},
        "source": {"url": str(folder), "tables": {name: {"kind": "flat", "key": "id"}}},
        "problem": {"name": name, "task": task, "entity": "id", "label": {"column": label}},
        "features": {"attributes": {name: [column for column in frame.columns if column != label]}},
        "split": {"by": "random", "valid": 0.2, "test": 0.25},
        "tune": default["tune"] | {"trials": 5, "metric": None},
        "train": default["train"] | {"rounds": 200, "seeds": 1, "learning_curve": []},
        "evaluate": {"bootstrap": 200, "segments": [], "gates": {"beat_baselines": False}},
    }


def build(
    folder: Path, name: str, frame: pd.DataFrame, task: str, label: str, *upto: str, change: Change = dict
) -> Project:
    """Return a project that ran on the frame, to its end or up to a stage, with contracts drafted from it."""
    source = folder / "source"
    source.mkdir()
    frame.rename_axis("id").to_csv(source / f"{name}.csv")
    project = make_project(folder / "project", {})
    for contract in (project.root / "contracts").iterdir():
        contract.unlink()
    (project.root / "params.yaml").write_text(yaml.safe_dump(change(parameters(source, name, frame, task, label))))
    project.run("lockstep", "contracts", "infer")
    project.run("dvc", "repro", *upto)
    return project


def read(project: Project, name: str) -> dict:
    return json.loads((project.root / "data/reports" / name).read_text())


def test_wine_has_three_classes(tmp_path: Path) -> None:
    project = build(tmp_path, "wine", wine(), "multiclass", "kind")
    schema = json.loads((project.root / "data/features/schema.json").read_text())
    assert schema["classes"] == sorted(WINE)
    metrics = read(project, "metrics.json")
    assert metrics["accuracy"] > 0.85
    predictions = pd.read_parquet(project.root / "data/reports/evaluation/predictions.parquet")
    columns = [column for column in predictions if str(column).startswith("model_probability_")]
    assert len(columns) == 3
    assert (predictions[columns].sum(axis=1) - 1).abs().max() < 1e-4
    # no row without a label: nothing to predict, which is not the same as no drift
    assert read(project, "drift.json")["drift"] == "not applicable"
    assert "not applicable" in project.run("lockstep", "summary").stdout


def test_diabetes_is_a_number(tmp_path: Path) -> None:
    frame = diabetes()
    project = build(tmp_path, "diabetes", frame, "regression", "progression")
    metrics = read(project, "metrics.json")
    assert 0.25 < metrics["r2"] < 0.7
    assert metrics["rmse"] < frame["progression"].std()


def test_rows_without_a_label_are_the_current_snapshot(tmp_path: Path) -> None:
    frame = wine()
    frame.loc[frame.index[::4], "kind"] = None
    project = build(tmp_path, "wine", frame, "multiclass", "kind", "features")
    current = pd.read_parquet(project.root / "data/features/current.parquet")
    assert sorted(current["id"]) == list(frame.index[::4])
    assert "label" not in current
