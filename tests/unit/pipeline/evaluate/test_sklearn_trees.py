"""scikit-learn's trees in XGBoost: every row takes the same way, also on a threshold and without a value, and what each
column adds is what the definition of SHAP values says."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from lockstep.pipeline.evaluate.sklearn_trees import trees_of

CASES = [
    (RandomForestClassifier(20, random_state=0), 2, lambda m, x: m.predict_proba(x)[:, 1]),
    (RandomForestClassifier(20, random_state=0), 4, lambda m, x: m.predict_proba(x)),
    (RandomForestRegressor(20, random_state=0), 0, lambda m, x: m.predict(x)),
    (HistGradientBoostingClassifier(max_iter=20, random_state=0), 2, lambda m, x: m.decision_function(x)),
    (HistGradientBoostingClassifier(max_iter=20, random_state=0), 4, lambda m, x: m.decision_function(x)),
    (HistGradientBoostingRegressor(max_iter=20, random_state=0), 0, lambda m, x: m.predict(x)),
]


def data(classes, rows=800):
    """Numbers of few digits, so that many lie on a threshold, a tenth of them missing; NaN counts as 0 in the label."""
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(rows, 5)).round(1).astype(np.float32)
    score = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + rng.normal(0, 0.3, rows)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    if not classes:
        return matrix, score
    return matrix, np.searchsorted(np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]), score)


@pytest.mark.parametrize(("estimator", "classes", "raw"), CASES)
def test_contributions_add_up_to_the_prediction_of_every_row(estimator, classes, raw):
    matrix, label = data(classes)
    fitted = estimator.fit(matrix, label)
    expected = raw(fitted, matrix)
    found = trees_of(fitted).contributions(matrix)
    assert found.shape == (*expected.shape, 6)
    assert np.abs(found.sum(axis=-1) - expected).max() < 2e-5 * max(1.0, np.abs(expected).max())


def test_they_are_shapley_values_of_the_trees_own_expectations():
    """By the definition, over all coalitions: what is not known is averaged by how many training rows went on."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(200, 3)).astype(np.float32)
    forest = RandomForestRegressor(1, max_depth=3, random_state=0, bootstrap=False).fit(
        matrix, matrix @ [1.0, 2.0, -1.0]
    )
    tree = forest.estimators_[0].tree_

    def expected(row, known, node=0):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            return tree.value[node, 0, 0]
        if tree.feature[node] in known:
            return expected(row, known, left if row[tree.feature[node]] <= tree.threshold[node] else right)
        sides = [tree.weighted_n_node_samples[child] * expected(row, known, child) for child in (left, right)]
        return sum(sides) / tree.weighted_n_node_samples[node]

    found = trees_of(forest).contributions(matrix[:5])
    for row, values in zip(matrix[:5], found, strict=True):
        for column in range(3):
            others = [other for other in range(3) if other != column]
            value = sum(
                factorial(size) * factorial(2 - size) / factorial(3)
                * (expected(row, {*those, column}) - expected(row, set(those)))
                for size in range(3)
                for those in combinations(others, size)
            )  # fmt: skip
            assert values[column] == pytest.approx(value, abs=1e-5)


def test_a_forest_costs_more_the_deeper_its_trees():
    matrix, label = data(2)
    costs = [
        trees_of(RandomForestClassifier(5, max_depth=d, random_state=0).fit(matrix, label)).cost for d in (2, 4, 9)
    ]
    assert costs == sorted(costs)
    assert costs[0] == 5 * 4 * 3**2


@pytest.mark.parametrize("estimator", [LogisticRegression(), DecisionTreeRegressor()])
def test_what_is_no_ensemble_of_trees_is_left_alone(estimator):
    matrix, label = data(2)
    assert trees_of(estimator.fit(np.nan_to_num(matrix), label)) is None
