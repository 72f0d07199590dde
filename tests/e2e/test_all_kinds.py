"""A flat table with a column of every kind, trained under constraints with weights and calibration, end to end."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from lockstep.artifacts.bundle import Model
from tests.e2e.project import Project
from tests.e2e.test_scikit_learn_tables import build, read

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flat")]

ROWS = 2400
NOTES = ["the customer is angry about the bill", "all fine so far", "asked for a new contract", "no answer on phone"]


def claims() -> pd.DataFrame:
    """Return claims; angry notes, high amounts, some towns and weekends make fraud likelier."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "amount": np.where(rng.random(ROWS) < 0.05, np.nan, rng.gamma(2, 300, ROWS).round(2)),
            "urgent": rng.choice([True, False], ROWS),
            "branch": rng.choice(["north", "south", "west", "kiosk"], ROWS, p=[0.5, 0.3, 0.199, 0.001]),
            "postcode": rng.integers(1000, 1060, ROWS),
            "filed_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500 * 24, ROWS), unit="h"),
            "note": [f"{rng.choice(NOTES)} case {rng.integers(1 << 40)}" for _ in range(ROWS)],
            "exposure": rng.uniform(0.5, 2, ROWS).round(3),
        }
    )
    weekend = frame["filed_at"].dt.weekday >= 5
    signal = 0.002 * frame["amount"].fillna(600) + 1.5 * frame["note"].str.contains("angry") + weekend
    signal += frame["urgent"] + 0.04 * (frame["postcode"] - 1030)
    chance = 1 / (1 + np.exp(-(signal - 3)))
    return frame.assign(fraud=np.where(rng.random(ROWS) < chance, "yes", "no"))


def with_everything(params: dict) -> dict:
    """Ask for all that training offers."""
    names = ["amount", "urgent", "branch", "postcode", "filed_at", "note"]
    training = {
        "calibration": "isotonic",
        "constraints": {"monotone": {"amount": "increasing"}, "interactions": [["amount", "urgent"]]},
        "seeds": 3,
        "learning_curve": [0.3],
    }
    return params | {
        "problem": params["problem"] | {"label": {"column": "fraud", "positive": "yes"}, "weight": "exposure"},
        "features": {
            "attributes": {"claims": names},
            "kinds": {"postcode": "category"},
            "datetime": ["month", "weekday"],
        },
        "train": params["train"] | training,
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build(tmp_path_factory.mktemp("claims"), "claims", claims(), "binary", "fraud", change=with_everything)


@pytest.fixture(scope="module")
def model(project: Project) -> Model:
    return Model.load(project.root / "data/models/model")


def rows(project: Project) -> pd.DataFrame:
    return pd.read_parquet(project.root / "data/features/test.parquet")


def test_it_learns_from_all_of_them(project: Project, model: Model) -> None:
    kinds = {feature.name: feature.kind for feature in model.signature.features.features}
    assert kinds["amount"] == kinds["filed_at"] == kinds["filed_at_weekday_sin"] == "number"
    assert (kinds["urgent"], kinds["branch"], kinds["postcode"], kinds["note"]) == (
        "boolean",
        "category",
        "category",
        "text",
    )
    assert "exposure" not in kinds
    assert read(project, "metrics.json")["auc"] > 0.75
    training = json.loads((project.root / "data/models/model/training.json").read_text())
    assert training["importance"]["note"] > 0.02
    assert [point["share"] for point in training["learning_curve"]] == [0.3, 1.0]
    assert len(training["seeds"]["test"]) == 3


def test_the_graph_keeps_the_direction_through_the_calibration(project: Project, model: Model) -> None:
    some = rows(project).head(25)
    amounts = np.linspace(0, 5000, 60)
    said = model.predict(some.loc[some.index.repeat(60)].assign(amount=np.tile(amounts, 25))).reshape(25, 60)
    assert (np.diff(said, axis=1) >= -1e-6).all()
    assert (said[:, -1] - said[:, 0]).mean() > 0.1


def test_an_unknown_level_is_predicted_like_a_missing_one_and_counted(project: Project, model: Model) -> None:
    some = rows(project).head(10)
    new = some.assign(branch="airport", postcode="9999")
    assert np.array_equal(model.predict(new), model.predict(some.assign(branch=None, postcode=None)))
    assert model.unknown(new) == {"branch": 10, "postcode": 10}


def test_unknown_levels_of_the_test_rows_are_counted(project: Project, model: Model) -> None:
    found = read(project, "evaluation/evaluation.json")
    assert found["unknown"] == model.unknown(rows(project))
    assert found["seed_deviation"] > 0


def test_the_signature_says_what_goes_in_and_what_it_was_made_of(project: Project, model: Model) -> None:
    signature = model.signature
    assert signature.calibration == "isotonic"
    assert {"north", "south", "west"} <= set(signature.levels["branch"])
    low, high = signature.spans["amount"]
    assert low < 50
    assert high > 2000
    assert signature.spans["urgent"] == (0.0, 1.0)
    stages = yaml.safe_load((project.root / "dvc.lock").read_text())["stages"]
    pinned = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
    assert signature.data == {path: pinned[path] for path in ("data/features", "data/models/search")}


def test_the_report_shows_what_the_score_is_made_of(project: Project) -> None:
    page = (project.root / "data/reports/report/report.html").read_text()
    assert "Learning curve, overfitting and seed noise" in page
    assert "3 fits with different seeds" in page
    assert "calibrated on the validation split (isotonic)" in page


def test_a_constraint_on_no_feature_is_an_error_that_names_it(project: Project, tmp_path: Path) -> None:
    other = project.copy(tmp_path / "other")
    other.set(train__constraints={"monotone": {"amout": "increasing"}, "interactions": []})
    done = other.run("dvc", "repro", "train", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "train.constraints.monotone: no feature 'amout'; did you mean 'amount'?" in said
    assert "Traceback" not in said
