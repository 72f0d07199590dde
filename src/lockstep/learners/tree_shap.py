"""Exact SHAP values of scikit-learn's trees, which scikit-learn itself does not compute.

The value of a leaf is shared among the columns on its path. With q the probability that a column is known, the expected
value of a leaf is v * prod_j(q o_j + (1 - q) z_j): o_j is 1 where the row satisfies the splits by column j, z_j the
share of training rows that do. The Shapley value of column i is the integral over q in [0, 1] of its derivative with
respect to column i's q. The integrand is a polynomial, so that Gauss-Legendre quadrature is exact (Linear TreeSHAP).
All rows go through a tree together, node by node.

References:
    Lundberg et al.: From local explanations to global understanding with explainable AI for trees. Nature Machine
    Intelligence 2, 2020. The values are those of its path-dependent TreeSHAP.
    Yu, Bifet, Read and Xu: Linear TreeShap. NeurIPS 2022.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lockstep.learners.spec import EXPLAINED, Additive, Matrix, Vector

STEPS = 1.5e9
"""Multiplications in all, some ten seconds: a forest of deep trees is explained on fewer rows."""
FEWEST = 50

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Tree:
    """One tree of n nodes, the root first.

    Attributes:
        left: (n,) child; -1 of a leaf.
        right: (n,) likewise.
        feature: (n,) column that is split by.
        threshold: (n,) a row whose value is at most this goes left.
        missing_left: (n,) whether a row without the value goes left.
        value: (n, outputs) what a leaf adds to each output.
        rows: (n,) training rows, weighted, that reached the node.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Vector
    missing_left: NDArray[np.bool_]
    value: Vector
    rows: Vector

    @classmethod
    def of_sklearn(cls, tree: Any, share: float) -> "Tree":
        """Return a tree of a forest, whose outputs count `share`: P(1) of two classes, P of each of more."""
        value = tree.value[:, 0, :]
        if value.shape[1] > 1:
            value = value / value.sum(axis=1, keepdims=True)
        return cls(
            left=tree.children_left,
            right=tree.children_right,
            feature=tree.feature,
            threshold=tree.threshold,
            missing_left=np.asarray(tree.missing_go_to_left, dtype=bool),
            value=share * (value[:, 1:] if value.shape[1] == 2 else value),  # noqa: PLR2004 # two classes
            rows=np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
        )

    @classmethod
    def of_nodes(cls, nodes: Any) -> "Tree":
        """Return a tree of histogram gradient boosting."""
        leaf = nodes["is_leaf"].astype(bool)
        return cls(
            left=np.where(leaf, -1, nodes["left"].astype(np.intp)),
            right=np.where(leaf, -1, nodes["right"].astype(np.intp)),
            feature=nodes["feature_idx"].astype(np.intp),
            threshold=nodes["num_threshold"],
            missing_left=nodes["missing_go_to_left"].astype(bool),
            value=nodes["value"][:, None],
            rows=nodes["count"].astype(np.float64),
        )

    @cached_property
    def depth(self) -> int:
        """Most columns on one path."""
        found, waiting = 0, [(0, frozenset[int]())]
        while waiting:
            node, columns = waiting.pop()
            found = max(found, len(columns))
            if self.left[node] >= 0:
                columns |= {int(self.feature[node])}
                waiting += [(self.left[node], columns), (self.right[node], columns)]
        return found

    @property
    def points(self) -> int:
        """Points of the quadrature: with k of them it is exact up to degree 2k - 1, and the degree is `depth` - 1."""
        return max(1, (self.depth + 1) // 2)

    @property
    def cost(self) -> float:
        """Multiplications for one row."""
        return float(len(self.left) * self.points * (1 + self.value.shape[1]))

    @property
    def mean(self) -> Vector:
        """The mean of each output over the training rows, (outputs,)."""
        leaf = self.left < 0
        found: Vector = self.rows[leaf] @ self.value[leaf] / self.rows[0]
        return found


@dataclass(frozen=True)
class Trees:
    """The trees of an ensemble.

    Attributes:
        groups: the trees of a group are summed; each group has its own outputs.
        start: (outputs,) constant that is added to the outputs.
    """

    groups: Sequence[Sequence[Tree]]
    start: Vector | float = 0.0

    def additive(self) -> Additive:
        """Return their SHAP values, for as many rows as take some ten seconds."""
        cost = sum(tree.cost for trees in self.groups for tree in trees)
        return Additive(self.contributions, int(np.clip(STEPS / cost, FEWEST, EXPLAINED)))

    def contributions(self, matrix: Matrix) -> Vector:
        """Return (n, p + 1), or (n, outputs, p + 1): what each column adds, and last the mean."""
        found = np.concatenate([_of_group(trees, matrix) for trees in self.groups], axis=1)
        found[:, :, -1] += self.start
        return found[:, 0] if found.shape[1] == 1 else found


def _of_group(trees: Sequence[Tree], matrix: Matrix) -> Vector:
    found = np.zeros((len(matrix), trees[0].value.shape[1], matrix.shape[1] + 1))
    for tree in trees:
        points, weights = np.polynomial.legendre.leggauss(tree.points)
        walk = _Walk(tree, matrix, (points + 1) / 2, weights / 2, found)
        walk.below(0, np.ones((len(matrix), tree.points)), {})
        found[:, :, -1] += tree.mean
    return found


class _Splits(NamedTuple):
    """All splits by one column on the way to a node."""

    satisfied: NDArray[np.bool_]
    """(n,) the rows that go this way."""
    share: float
    """Of the training rows."""


@dataclass(frozen=True)
class _Walk:
    """Rows on their way through one tree, down every branch.

    Attributes:
        known: (k,) points of the quadrature: the probability that a column is known.
        weights: (k,) of the points.
        found: (n, outputs, p + 1) sums; updated in place.
    """

    tree: Tree
    matrix: Matrix
    known: Vector
    weights: Vector
    found: Vector

    def below(self, node: int, product: Vector, path: Mapping[int, _Splits]) -> Vector:
        """Return the sum of the leaves below a node, (outputs, n, k), and add what its splits contribute.

        Args:
            node: of the tree.
            product: (n, k) of the factors of all columns on the path.
            path: column -> its splits.
        """
        tree = self.tree
        if tree.left[node] < 0:
            leaf: Vector = tree.value[node][:, None, None] * product
            return leaf
        column = int(tree.feature[node])
        values = self.matrix[:, column]
        left = np.where(np.isnan(values), tree.missing_left[node], values <= tree.threshold[node])
        before = path.get(column)
        total = np.zeros(())
        for child, goes in ((tree.left[node], left), (tree.right[node], ~left)):
            share = tree.rows[child] / tree.rows[node]
            after = _Splits(goes & before.satisfied, share * before.share) if before else _Splits(goes, share)
            change, gain = self._edge(before, after)
            case = after.satisfied.astype(np.intp) + (before.satisfied if before else 0)
            leaves = self.below(child, product * change[case], {**path, column: after})
            self.found[:, :, column] += np.einsum("onk,nk->no", leaves, gain[case])
            total = total + leaves
        return total

    def _edge(self, before: _Splits | None, after: _Splits) -> tuple[Vector, Vector]:
        """Return the change of the product, and the gain from the leaves below, each (cases, k).

        Cases: the row satisfies neither `before` nor `after`; only `before`; both. Without `before`: no; yes.
        Only the deepest split by a column counts for a leaf: the gain of the one above is subtracted.
        """
        pairs = [(0, 0), (1, 0), (1, 1)] if before else [(1, 0), (1, 1)]
        above = before.share if before else 1.0
        old = [self._factor(one, above) for one, _ in pairs]
        new = [self._factor(two, after.share) for _, two in pairs]
        change = np.stack([n / o for n, o in zip(new, old, strict=True)])
        gain = [(two - after.share) / n - (one - above) / o for (one, two), n, o in zip(pairs, new, old, strict=True)]
        return change, self.weights * np.stack(gain)

    def _factor(self, satisfied: int, share: float) -> Vector:
        return self.known * satisfied + (1 - self.known) * share
