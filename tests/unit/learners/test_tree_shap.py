"""SHAP values of scikit-learn's trees: they add up for every row, also on a threshold and without a value, and each is
what the definition of SHAP values says."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from lockstep.learners.registry import learner
from lockstep.learners.spec import Additive
from lockstep.learners.tree_shap import Tree

CASES = [
    (RandomForestClassifier(20, random_state=0), 2, lambda m, x: m.predict_proba(x)[:, 1]),
    (RandomForestClassifier(20, random_state=0), 4, lambda m, x: m.predict_proba(x)),
    (RandomForestRegressor(20, random_state=0), 0, lambda m, x: m.predict(x)),
    (HistGradientBoostingClassifier(max_iter=20, random_state=0), 2, lambda m, x: m.decision_function(x)),
    (HistGradientBoostingClassifier(max_iter=20, random_state=0), 4, lambda m, x: m.decision_function(x)),
    (HistGradientBoostingRegressor(max_iter=20, random_state=0), 0, lambda m, x: m.predict(x)),
]


def shap(estimator: Any) -> Additive:
    name = "random_forest" if hasattr(estimator, "estimators_") else "hist_gradient_boosting"
    found = learner(name).explain(estimator, lambda: np.empty((0, 0)))
    assert found is not None
    return found


def data(classes: int, rows: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of few digits, so that many lie on a threshold, a tenth of them missing; NaN counts as 0 in the label."""
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(rows, 5)).round(1).astype(np.float32)
    score = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + rng.normal(0, 0.3, rows)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    if not classes:
        return matrix, score
    return matrix, np.searchsorted(np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]), score)


@pytest.mark.parametrize(("estimator", "classes", "raw"), CASES)
def test_contributions_add_up_to_the_prediction_of_every_row(estimator: Any, classes: int, raw: Any) -> None:
    matrix, label = data(classes)
    fitted = estimator.fit(matrix, label)
    expected = raw(fitted, matrix)
    found = shap(fitted).of(matrix)
    assert found.shape == (*expected.shape, 6)
    assert np.abs(found.sum(axis=-1) - expected).max() < 1e-12 * max(1.0, np.abs(expected).max())


def test_they_are_shapley_values_of_the_trees_own_expectations() -> None:
    """By the definition, over all coalitions: what is not known is averaged by how many training rows went on."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(200, 3)).astype(np.float32)
    forest = RandomForestRegressor(1, max_depth=3, random_state=0, bootstrap=False).fit(
        matrix, matrix @ [1.0, 2.0, -1.0]
    )
    tree = forest.estimators_[0].tree_

    def expected(row: np.ndarray, known: set[int], node: int = 0) -> float:
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            return tree.value[node, 0, 0]
        if tree.feature[node] in known:
            return expected(row, known, left if row[tree.feature[node]] <= tree.threshold[node] else right)
        sides = [tree.weighted_n_node_samples[child] * expected(row, known, child) for child in (left, right)]
        return sum(sides) / tree.weighted_n_node_samples[node]

    found = shap(forest).of(matrix[:5])
    for row, values in zip(matrix[:5], found, strict=True):
        for column in range(3):
            others = [other for other in range(3) if other != column]
            value = sum(
                factorial(size) * factorial(2 - size) / factorial(3)
                * (expected(row, {*those, column}) - expected(row, set(those)))
                for size in range(3)
                for those in combinations(others, size)
            )  # fmt: skip
            assert values[column] == pytest.approx(value, abs=1e-12)


def test_a_forest_costs_more_the_deeper_its_trees() -> None:
    matrix, label = data(2)
    forests = [RandomForestClassifier(5, max_depth=d, random_state=0).fit(matrix, label) for d in (2, 4, 9)]
    costs = [sum(Tree.of_sklearn(one.tree_, 0.2).cost for one in forest.estimators_) for forest in forests]
    assert costs == sorted(costs)


def test_a_forest_that_costs_too_much_is_explained_on_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, label = data(2)
    forest = RandomForestClassifier(5, random_state=0).fit(matrix, label)
    assert shap(forest).rows == 2000
    monkeypatch.setattr("lockstep.learners.tree_shap.STEPS", 1e6)
    assert 50 <= shap(forest).rows < 2000
