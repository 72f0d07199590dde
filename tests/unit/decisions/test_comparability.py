"""Two models are compared only on rows that none of them was trained on, and only if they predict the same thing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lockstep.decisions.comparability import Cutoffs, different_designs, trained_on
from lockstep.decisions.rules import Design

MONTH, MARCH, APRIL = timedelta(days=30), datetime(2025, 3, 1), datetime(2025, 4, 1)  # 31 days
BY_TIME = {"by": "time", "valid": 1, "test": 2, "embargo": MONTH}
BY_HASH = {"by": "random", "valid": 0.2, "test": 0.2}
PROBLEM = {"name": "churn", "task": "binary", "entity": "id"}


def design(split: dict[str, Any] = BY_TIME, *, seed: int = 7, horizon: int = 30, **changes: Any) -> Design:
    label = {"event": "orders", "measure": "absent", "horizon": timedelta(days=horizon)}
    problem = PROBLEM | {"label": label} | changes
    return Design.model_validate({"seed": seed, "problem": problem, "split": split})


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (design(horizon=60), "they predict different things: problem.label changed"),
        (design(entity="account"), "they predict different things: problem.entity changed"),
        (design(BY_HASH), "the split changed from time to random: one model may have been trained on"),
    ],
)
def test_models_of_different_designs_are_not_comparable(other: Design, reason: str) -> None:
    found = different_designs(design(), other)
    assert found is not None
    assert found.reason.startswith(reason)


@pytest.mark.parametrize("other", [design(seed=8), design(BY_TIME | {"test": 1}), design(name="churn of regulars")])
def test_seed_shares_and_name_may_change(other: Design) -> None:
    assert different_designs(design(), other) is None


@pytest.mark.parametrize(
    ("model", "last", "reason"),
    [
        (design(), MARCH, None),
        (design(BY_TIME | {"embargo": timedelta(days=32)}, horizon=32), MARCH, "within the embargo of 32d"),
        (design(BY_TIME | {"embargo": None}, horizon=31), MARCH, None),
        (design(BY_TIME | {"embargo": None}, horizon=32), MARCH, "within the embargo of 32d"),
        (design(), datetime(2025, 5, 1), "up to 2025-05-01, but the test split begins at 2025-04-01"),
        (design(), None, "a manifest has no cutoffs"),
    ],
)  # fmt: skip
def test_rows_whose_labels_trained_a_model_do_not_test_it(
    model: Design, last: datetime | None, reason: str | None
) -> None:
    """31 days lie between the last cutoff of training and the first of the test split; a label may look further."""
    found = trained_on(model, design(), Cutoffs(last, APRIL))
    assert found is None if reason is None else str(found).endswith(reason)


@pytest.mark.parametrize(
    ("model", "same"),
    [(design(BY_HASH), True), (design(BY_HASH, seed=8), False), (design(BY_HASH | {"test": 0.3}), False)],
)
def test_only_the_same_split_by_hash_keeps_test_rows_apart(model: Design, same: bool) -> None:
    assert (trained_on(model, design(BY_HASH), Cutoffs(None, None)) is None) is same
