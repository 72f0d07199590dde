"""Requirements on examples before a model can be trained on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import CUTOFF, LABEL, WEIGHT
from lockstep.core.errors import LockstepError
from lockstep.params.pipeline.problem import ProblemSpec
from lockstep.pipeline.features.assignment import SPLITS
from lockstep.pipeline.features.examples import CURRENT, SPLIT
from lockstep.pipeline.features.execution import fetch
from lockstep.tasks.registry import task
from lockstep.tasks.task import Task

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class SplitCount:
    """Rows of a split, and label -> rows unless the label is a number."""

    rows: int
    labels: Mapping[float, int]


def count(rows: ir.Table, kind: Task) -> dict[str, SplitCount]:
    """Return the counts of each split and of the current snapshot; an empty one has 0 rows."""
    import ibis

    label = ibis.null("float64") if kind.label == "number" else rows[LABEL]
    counted = rows.group_by(split=rows[SPLIT], label=label).aggregate(rows=rows.count()).order_by("split", "label")
    found = fetch(counted)
    counts = {}
    for name in (*SPLITS, CURRENT):
        mine = [row for row in found if row["split"] == name]
        labels = {row["label"]: row["rows"] for row in mine if row["label"] is not None}
        counts[name] = SplitCount(sum(row["rows"] for row in mine), labels)
    return counts


def check(counts: Mapping[str, SplitCount], problem: ProblemSpec, advice: str) -> None:
    """Check that every split has rows and, for a classification, at least two classes, all known from train.

    Args:
        counts: of `count`.
        problem: section `problem`.
        advice: what to change where a split cannot be used.

    Raises:
        LockstepError: with a line per split that cannot be used.
    """
    faults = [f"{name}: no rows" for name in SPLITS if not counts[name].rows]
    if not faults and task(problem.task).label != "number":
        faults = _one_class(counts, problem.task) or _unseen_labels(counts)
    if faults:
        raise LockstepError(f"problem.label: the splits cannot be used; {advice}", faults)


def check_snapshots(rows: ir.Table, cutoffs: Iterable[datetime]) -> None:
    """Check that every cutoff, the current one included, has a row.

    Raises:
        LockstepError: with a line per cutoff without a row.
    """
    found = {row[CUTOFF] for row in fetch(rows.select(CUTOFF).distinct())}
    faults = [f"no entity at {cutoff}" for cutoff in sorted(cutoffs) if cutoff not in found]
    if faults:
        advice = "an entity must be known before the cutoff, with an event within problem.eligible"
        raise LockstepError(f"problem.eligible, features.cutoffs: empty snapshots; {advice}", faults)


def check_weights(rows: ir.Table, column: str) -> None:
    """Check that every labelled row has a positive, finite weight.

    Args:
        rows: with `split` and `weight`.
        column: where the weights come from.

    Raises:
        LockstepError: some have none; it says how many, and what they have instead.
    """
    labelled = rows.filter(rows[SPLIT].isin(SPLITS))
    weight = labelled[WEIGHT]
    faults = {
        "missing": weight.isnull(),
        "zero": weight == 0,
        "negative": weight < 0,
        "infinite": weight == float("inf"),
    }
    (found,) = fetch(labelled.aggregate(rows=labelled.count(), **{k: f.sum() for k, f in faults.items()}))
    broken = {fault: found[fault] for fault in faults if found[fault]}
    if broken:
        raise LockstepError(
            f"problem.weight: {sum(broken.values()):,} of {found['rows']:,} labelled rows have no positive, "
            f"finite weight in {column!r}",
            [f"{fault}: {count:,} rows" for fault, count in broken.items()],
        )


def _one_class(counts: Mapping[str, SplitCount], name: str) -> list[str]:
    return [
        f"{split}: all {counts[split].rows:,} rows have the label {next(iter(counts[split].labels)):g}; "
        f"a {name} label needs at least two classes"
        for split in SPLITS
        if len(counts[split].labels) == 1
    ]


def _unseen_labels(counts: Mapping[str, SplitCount]) -> list[str]:
    train = counts["train"].labels
    return [
        f"{name}: {rows:,} rows have the label {label:g}, which train does not have"
        for name in SPLITS[1:]
        for label, rows in counts[name].labels.items()
        if label not in train
    ]
