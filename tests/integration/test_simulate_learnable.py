"""Churn in the shop: learnable, not trivial, and after the turn no longer what it was."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.shop import clean_chunk

DAY = pd.Timedelta(days=1)
SPEC = SimulateSpec()
TRAIN = [f"{month}-01" for month in ("2024-07", "2024-08", "2024-09", "2024-10", "2024-11", "2024-12", "2025-01")]
VALID, BEFORE = ["2025-03-01"], ["2025-05-01", "2025-06-01"]
AFTER = ["2025-10-15", "2025-11-15", "2025-12-01"]
NOT_FEATURES = ["label", "customer_id"]


def shop(seed: int) -> dict[str, pd.DataFrame]:
    chunks = [clean_chunk(SPEC, seed, index) for index in range(4)]
    return {
        table: pd.concat([pd.DataFrame({n: c.tolist() for n, c in chunk[table].items()}) for chunk in chunks])
        for table in chunks[0]
    }


def snapshot(tables: dict[str, pd.DataFrame], day: str) -> pd.DataFrame:
    """Return features of and labels for those who ordered in the 90 days before: will they pause for 30 days?"""
    cutoff = pd.Timestamp(day)
    features = tables["customers"].set_index("customer_id")
    features = features.assign(tenure=(cutoff - features.pop("signed_up_at")) / DAY)
    for table, time, measure in (
        ("orders", "ordered_at", "amount"),
        ("sessions", "started_at", "duration_minutes"),
        ("tickets", "opened_at", "satisfaction"),
    ):
        events = tables[table].assign(age_of_event=(cutoff - tables[table][time]) / DAY)
        for window in (7, 30, 90):
            recent = events[(events["age_of_event"] > 0) & (events["age_of_event"] <= window)].groupby("customer_id")
            features[f"{table}_{window}"] = recent.size().reindex(features.index).fillna(0)
            features[f"{table}_{measure}_{window}"] = recent[measure].mean()
            features[f"{table}_recency_{window}"] = recent["age_of_event"].min()
    orders = tables["orders"]
    ahead = orders["ordered_at"].between(cutoff, cutoff + 30 * DAY, inclusive="left")
    features["label"] = ~features.index.isin(orders.loc[ahead, "customer_id"])
    codes = {name: features[name].astype("category") for name in ("plan", "country", "channel")}
    return features.assign(**codes)[features["orders_90"] > 0].reset_index()


def snapshots(tables: dict[str, pd.DataFrame], days: list[str]) -> pd.DataFrame:
    return pd.concat([snapshot(tables, day) for day in days], ignore_index=True)


@pytest.fixture(scope="module", params=[7, 11])
def judged(request: pytest.FixtureRequest) -> dict[str, float]:
    """ROC AUC of boosted trees before and after the turn, and of recency alone; the share of those who pause."""
    import xgboost

    tables = shop(request.param)
    train, valid, before, after = (snapshots(tables, days) for days in (TRAIN, VALID, BEFORE, AFTER))
    model = xgboost.XGBClassifier(
        n_estimators=400, learning_rate=0.05, max_depth=3, min_child_weight=10, subsample=0.8, colsample_bytree=0.5,
        early_stopping_rounds=30, eval_metric="auc", enable_categorical=True, n_jobs=1, random_state=0,
    )  # fmt: skip
    columns = train.columns.drop(NOT_FEATURES)
    model.fit(train[columns], train["label"], eval_set=[(valid[columns], valid["label"])], verbose=False)
    return {
        "before": roc_auc_score(before["label"], model.predict_proba(before[columns])[:, 1]),
        "after": roc_auc_score(after["label"], model.predict_proba(after[columns])[:, 1]),
        "recency": roc_auc_score(before["label"], before["orders_recency_90"]),
        "frequency": roc_auc_score(before["label"], -before["orders_90"]),
        "base": float(np.mean(before["label"])),
    }


def test_a_good_model_learns_churn_and_not_all_of_it(judged: dict[str, float]) -> None:
    assert 0.78 <= judged["before"] <= 0.88


def test_it_takes_more_than_one_column(judged: dict[str, float]) -> None:
    assert judged["before"] > judged["recency"] + 0.05
    assert judged["before"] > judged["frequency"] + 0.05


def test_churners_are_a_minority_but_not_rare(judged: dict[str, float]) -> None:
    assert 0.2 <= judged["base"] <= 0.5


def test_what_was_learnt_before_the_turn_is_worth_less_after_it(judged: dict[str, float]) -> None:
    assert judged["after"] < judged["before"] - 0.05
