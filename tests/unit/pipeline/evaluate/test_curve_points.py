"""Curves: few points, the same area, counts that add up."""

import numpy as np
import pytest
from sklearn import metrics as peers

from lockstep.artifacts.predictions import Predictions, collect
from lockstep.pipeline.evaluate import curves
from tests.unit.evaluation.samples import CLASSES, DROP, make_frame, make_schema


def predictions(task: str, rows: int = 5000, seed: int = 1) -> Predictions:
    rng = np.random.default_rng(seed)
    frame = make_frame(task, rows, seed)
    label = frame["label"].to_numpy()
    if task == "multiclass":
        chance = rng.dirichlet(np.ones(3), rows) + 0.5 * np.eye(3)[label.astype(int)]
        model, base = chance / chance.sum(axis=1, keepdims=True), np.full((rows, 3), 1 / 3)
    elif task == "binary":
        model, base = np.clip(0.3 * label + 0.7 * rng.random(rows), 0, 1), rng.random(rows)
    else:
        model, base = label + rng.normal(size=rows), rng.normal(size=rows)
    return collect(make_schema(task), frame, {"model": model, "constant": base, "linear": base})


def test_thinned_curves_keep_their_area_and_their_ends() -> None:
    found = predictions("binary")
    roc = curves.roc(found, found.model)
    assert len(roc) <= 500
    area = peers.auc(roc["false_positive_rate"], roc["true_positive_rate"])
    assert area == pytest.approx(peers.roc_auc_score(found.label, found.model), abs=2e-3)
    assert roc.iloc[0, :2].tolist() == [0, 0]
    assert roc.iloc[-1, :2].tolist() == [1, 1]
    pr = curves.precision_recall(found, found.model)
    assert len(pr) <= 500
    assert (pr["recall"].iloc[0], pr["recall"].iloc[-1]) == (0, 1)
    area = -np.sum(np.diff(pr["recall"][::-1]) * pr["precision"][::-1][:-1])
    assert area == pytest.approx(peers.average_precision_score(found.label, found.model), abs=5e-3)


def test_confusions_are_counted() -> None:
    found = predictions("binary")
    cells = {(row.actual, row.predicted): row[2] for row in curves.confusion(found, None).itertuples(index=False)}
    expected = peers.confusion_matrix(found.label, found.model >= 0.5)
    assert cells == {(str(i), str(j)): expected[i, j] for i in (0, 1) for j in (0, 1)}


def test_confusions_of_classes_bear_their_names() -> None:
    found = predictions("multiclass")
    table = curves.confusion(found, CLASSES)
    assert table["count"].sum() == len(found.label)
    both = table[(table["actual"] == DROP) & (table["predicted"] == DROP)]
    assert both["count"].item() == ((found.label == 2) & (found.model.argmax(axis=1) == 2)).sum()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_calibration_groups_hold_all_rows_and_their_means(task: str) -> None:
    found = predictions(task)
    table = curves.calibration(found, 0.95)
    assert table["rows"].sum() == len(found.label)
    assert len(table) == 10
    assert (table["low"] <= table["observed"]).all()
    assert (table["observed"] <= table["high"]).all()
    truth = (found.model.argmax(axis=1) == found.label) if task == "multiclass" else found.label
    assert np.average(table["observed"], weights=table["rows"]) == pytest.approx(np.mean(truth), abs=1e-5)


def test_wilson_intervals_have_the_values_of_the_textbook() -> None:
    """1 of 10 at 95%: 0.0179 to 0.4042 (Brown, Cai and DasGupta, 2001)."""
    import pandas as pd

    low, high = curves._wilson(pd.Series([0.1]), pd.Series([10]), 1.959964)
    assert (low.item(), high.item()) == pytest.approx((0.01788, 0.40415), abs=1e-4)


def test_one_prediction_for_all_is_one_group() -> None:
    found = predictions("binary")
    constant = collect(
        make_schema("binary"), make_frame("binary", 5000, 1), {"model": np.full(5000, 0.3), "linear": found.model}
    )
    table = curves.calibration(constant, 0.95)
    assert table["rows"].tolist() == [5000]


def test_a_plot_that_makes_no_sense_has_its_columns_and_no_rows() -> None:
    found = predictions("regression")
    tables = curves.curves(found, None, 0.95)
    assert {name for name, table in tables.items() if table.empty} == {
        "roc", "roc_baseline", "pr", "pr_baseline", "confusion",
    }  # fmt: skip
    assert all(len(table.columns) for table in tables.values())
    assert len(tables["scatter"]) <= 500


def test_a_confusion_of_very_many_classes_keeps_the_most_frequent_ones() -> None:
    from lockstep.artifacts.predictions import Predictions

    rng = np.random.default_rng(0)
    names = tuple(f"class {k}" for k in range(60))
    label = np.minimum(rng.geometric(0.08, 3000) - 1, 59).astype(float)
    model = np.eye(60)[label.astype(int)]
    table = curves.confusion(Predictions("multiclass", label, None, label, {"model": model}), names)
    assert len(table) == 21**2
    assert table["count"].sum() == 3000
    assert table["actual"].iloc[-1] == "(40 others)"
    assert table.loc[table["actual"] != table["predicted"], "count"].sum() == 0
