"""Handmade processed directories, and the stage `features` run on them."""

import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.core.manifest import Manifest, describe
from lockstep.core.progress import Progress
from lockstep.core.spec import parse
from lockstep.core.workspace import Workspace
from lockstep.pipeline.features import stage as features

START, AS_OF = datetime(2024, 1, 1), datetime(2024, 12, 31)
HOSTILE = '"; DROP TABLE orders; --'
SHOP: dict[str, Any] = {
    "seed": 7,
    "source": {
        "url": "unused",
        "as_of": AS_OF,
        "tables": {
            "customers": {"kind": "entity", "key": "customer", "time": "signed_up_at"},
            "orders": {"kind": "event", "key": "order", "entity": "customer", "time": "at"},
            "visits": {"kind": "event", "entity": "customer", "time": "at"},
        },
    },
    "problem": {
        "name": "churn",
        "task": "binary",
        "entity": "customer",
        "label": {"event": "orders", "measure": "absent", "horizon": "30d"},
        "eligible": {"event": "orders", "within": "90d"},
    },
    "features": {
        "cutoffs": {"every": "1mo", "last": 6},
        "windows": ["7d", "60d"],
        "aggregates": {
            "orders": {
                "order": ["count"],
                HOSTILE: ["sum", "mean", "std", "trend", "min"],
                "category": ["distinct"],
                "at": ["recency"],
            },
            "visits": {"at": ["count", "recency"]},
        },
        "attributes": {"customers": ["plan", "age", "vip", "tenure"]},
        "expressions": {"per order": f"`orders_{HOSTILE}_sum_60d` / orders_count_60d"},
        "calendar": True,
    },
    "split": {"by": "time", "valid": 1, "test": 1, "embargo": "30d"},
}


def shop_tables(customers: int = 120, seed: int = 3) -> dict[str, pa.Table]:
    """Return a year of a small shop; some customers never come, some times lie exactly on a cutoff."""
    rng = np.random.default_rng(seed)
    seconds = int((AS_OF + timedelta(days=20) - START).total_seconds())
    keys = [f"C{n:04d}" for n in range(customers)]

    def times(count: int) -> pa.Array:
        whole = [START + timedelta(seconds=int(s)) for s in rng.integers(0, seconds, count)]
        return pa.array([t.replace(hour=0, minute=0, second=0) if n % 9 == 0 else t for n, t in enumerate(whole)])

    def some(count: int) -> list[str]:
        return [keys[n] for n in (rng.beta(0.7, 1.5, count) * customers).astype(int)]

    orders, visits = customers * 8, customers * 12
    amounts = [None if n % 11 == 0 else round(float(x), 2) for n, x in enumerate(rng.gamma(2, 20, orders))]
    return {
        "customers": pa.table(
            {
                "customer": keys,
                "signed_up_at": [START + timedelta(days=int(d)) for d in rng.integers(0, 300, customers)],
                "plan": rng.choice(["basic", "<script>", HOSTILE], customers).tolist(),
                "age": [None if n % 7 == 0 else n for n in range(customers)],
                "vip": [n % 3 == 0 for n in range(customers)],
            }
        ),
        "orders": pa.table(
            {
                "order": list(range(orders)),
                "customer": some(orders),
                "at": times(orders),
                HOSTILE: pa.array(amounts, pa.float64()),
                "category": rng.choice(["a", "b", "<b>", HOSTILE], orders).tolist(),
            }
        ),
        "visits": pa.table({"customer": some(visits), "at": times(visits)}),
    }


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the document with `section__key` set; None removes the key."""
    result = copy.deepcopy(document)
    for path, value in changes.items():
        *sections, last = path.split("__")
        inner = result
        for section in sections:
            inner = inner[section]
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return result


def write_processed(root: Path, tables: dict[str, pa.Table], as_of: datetime | None = AS_OF) -> Workspace:
    """Write `data/processed`."""
    workspace = Workspace(root)
    workspace.processed.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, workspace.processed / f"{name}.parquet", coerce_timestamps="us")
    entries = {name: describe(workspace.processed / f"{name}.parquet") for name in tables}
    Manifest(as_of=as_of, tables=entries).write(workspace.processed)
    return workspace


def inputs_of(document: dict[str, Any]) -> features.Inputs:
    """Return the stage's inputs."""
    return parse(features.Inputs, document, Path("params.yaml"))


def make(root: Path, tables: dict[str, pa.Table], document: dict[str, Any]) -> dict[str, pa.Table]:
    """Run the stage and return what it wrote."""
    workspace = write_processed(root, tables, document["source"].get("as_of"))
    features.run(inputs_of(document), workspace, Progress("features"))
    return {path.stem: pq.read_table(path) for path in sorted(workspace.features.glob("*.parquet"))}
