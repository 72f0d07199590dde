"""scikit-learn's trees as boosters of XGBoost, which has TreeSHAP built in and computes it for any trees.

A tree is copied node by node: its splits, its leaves, and how many training rows came by. scikit-learn goes left where
x <= t and XGBoost where x < t, so that a threshold becomes the next float32 above it; the matrix holds float32.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockstep.statistics.weighted import Floats

ROOT = 2**31 - 1
"""The parent of a root, in XGBoost's model."""
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Tree:
    """One tree of n nodes, the root first; other nodes in any order.

    Attributes:
        left: (n,) child; -1 of a leaf.
        right: (n,) likewise.
        feature: (n,) column that is split by.
        threshold: (n,) float32; a row goes left whose value is below.
        missing_left: (n,) whether a row without the value goes left.
        value: (n,) what a leaf adds to the prediction.
        rows: (n,) training rows, weighted, that came by.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    value: Floats
    rows: Floats

    @property
    def levels(self) -> list[Ints]:
        """The nodes from the root down, siblings side by side."""
        found = [np.zeros(1, dtype=np.int32)]
        while len(inner := found[-1][self.left[found[-1]] >= 0]):
            found.append(np.stack([self.left[inner], self.right[inner]], axis=1).ravel())
        return found

    @property
    def cost(self) -> float:
        """Steps of TreeSHAP for one row: leaves times depth squared (Lundberg et al., algorithm 2)."""
        return float((self.left < 0).sum()) * len(self.levels) ** 2

    def in_levels(self) -> "Tree":
        """Return the same tree, its nodes numbered by levels: in XGBoost, siblings follow each other."""
        order = np.concatenate(self.levels)
        number = np.full(len(self.left) + 1, -1, dtype=np.int32)  # the last one for children that are none
        number[order] = np.arange(len(order))
        return Tree(
            left=number[self.left[order]],
            right=number[self.right[order]],
            feature=self.feature[order],
            threshold=self.threshold[order],
            missing_left=self.missing_left[order],
            value=self.value[order],
            rows=self.rows[order],
        )


@dataclass(frozen=True)
class Trees:
    """The trees of each output, and what stands before them all.

    Attributes:
        outputs: of one output, or one for each class.
        start: (outputs,).
    """

    outputs: Sequence[Sequence[Tree]]
    start: Floats

    @property
    def cost(self) -> float:
        """Steps of TreeSHAP for one row."""
        return sum(tree.cost for trees in self.outputs for tree in trees)

    def contributions(self, matrix: NDArray[np.float32]) -> Floats:
        """Return (n, p + 1), or (n, outputs, p + 1): what each column adds, and last the mean."""
        import xgboost as xgb

        rows = xgb.DMatrix(matrix, nthread=os.cpu_count())
        found = np.stack(
            [_booster(trees, matrix.shape[1]).predict(rows, pred_contribs=True) for trees in self.outputs], axis=1
        ).astype(np.float64)
        found[:, :, -1] += self.start
        return found[:, 0] if len(self.outputs) == 1 else found


def trees_of(estimator: Any) -> Trees | None:
    """Return the trees of a fitted forest or histogram boosting of scikit-learn; None for anything else."""
    if hasattr(estimator, "_predictors") and hasattr(estimator, "_baseline_prediction"):
        grown = zip(*estimator._predictors, strict=True)  # noqa: SLF001 # one list for each output; no public way there
        outputs = [[_of_nodes(one.nodes) for one in those] for those in grown]
        return Trees(outputs, np.ravel(estimator._baseline_prediction))  # noqa: SLF001
    if hasattr(estimator, "estimators_") and hasattr(estimator, "estimator_"):
        grown_trees = [one.tree_ for one in estimator.estimators_]
        columns = list(_columns(estimator))
        share = 1 / len(grown_trees)
        return Trees(
            [[_of_tree(tree, column, share) for tree in grown_trees] for column in columns], np.zeros(len(columns))
        )
    return None


def _columns(forest: Any) -> Iterator[int]:
    """Yield which columns of the leaves' values are outputs: of two classes, the second one's."""
    classes = len(getattr(forest, "classes_", (0,)))
    yield from (1,) if classes == 2 else range(classes)  # noqa: PLR2004


def _of_tree(tree: Any, column: int, share: float) -> Tree:
    values = tree.value[:, 0, :]
    if values.shape[1] > 1:
        values = values / values.sum(axis=1, keepdims=True)
    return Tree(
        left=tree.children_left.astype(np.int32),
        right=tree.children_right.astype(np.int32),
        feature=np.maximum(tree.feature, 0).astype(np.int32),
        threshold=_above(tree.threshold),
        missing_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        value=values[:, column] * share,
        rows=np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
    )


def _of_nodes(nodes: Any) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        left=np.where(leaf, -1, nodes["left"]).astype(np.int32),
        right=np.where(leaf, -1, nodes["right"]).astype(np.int32),
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        threshold=_above(nodes["num_threshold"]),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"].astype(np.float64),
        rows=nodes["count"].astype(np.float64),
    )


def _above(threshold: Floats) -> NDArray[np.float32]:
    """Return the least float32 above each threshold."""
    with np.errstate(over="ignore"):  # a split of missing from other values has an endless one
        near = np.asarray(threshold).astype(np.float32)
    return np.where(near > threshold, near, np.nextafter(near, np.float32(np.inf))).astype(np.float32)


def _booster(trees: Sequence[Tree], width: int) -> Any:
    """Return the trees as a model of XGBoost, in the form in which this version of it writes one."""
    import xgboost as xgb

    stump = xgb.train(
        {"base_score": 0.0, "max_depth": 1, "nthread": os.cpu_count()}, xgb.DMatrix(np.zeros((2, width)), [0.0, 1.0]), 1
    )
    model = json.loads(stump.save_raw("json"))
    boosted = model["learner"]["gradient_booster"]["model"]
    boosted["trees"] = [_written(tree.in_levels(), number, width) for number, tree in enumerate(trees)]
    boosted["tree_info"] = [0] * len(trees)
    boosted["iteration_indptr"] = list(range(len(trees) + 1))
    boosted["gbtree_model_param"]["num_trees"] = str(len(trees))
    booster = xgb.Booster({"nthread": os.cpu_count()})
    booster.load_model(bytearray(json.dumps(model), "utf-8"))
    return booster


def _written(tree: Tree, number: int, width: int) -> dict[str, Any]:
    count, leaf = len(tree.left), tree.left < 0
    parents = np.full(count, ROOT)
    inner = np.flatnonzero(~leaf)
    parents[tree.left[inner]] = parents[tree.right[inner]] = inner
    conditions = np.where(leaf, tree.value, np.minimum(tree.threshold, np.finfo(np.float32).max))
    return {
        "base_weights": tree.value.tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": tree.missing_left.astype(int).tolist(),
        "id": number,
        "left_children": tree.left.tolist(),
        "loss_changes": np.where(leaf, 0.0, 1.0).tolist(),
        "parents": parents.tolist(),
        "right_children": tree.right.tolist(),
        "split_conditions": conditions.tolist(),
        "split_indices": tree.feature.tolist(),
        "split_type": [0] * count,
        "sum_hessian": tree.rows.tolist(),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(width),
            "num_nodes": str(count),
            "size_leaf_vector": "1",
        },
    }
