"""A lineage as plain values, complete and with full hashes."""

import json
from typing import Any

from lockstep.versioning.cache import Unknown
from lockstep.versioning.lockfile.lock import Execution, Pin
from lockstep.versioning.model_versions import ModelRecord
from lockstep.versioning.project import Origin
from lockstep.workbench.lineage.lineage import Lineage
from lockstep.workbench.lineage.restore import Restored
from lockstep.workbench.lineage.walk import Way


def as_json(found: Lineage) -> dict[str, Any]:
    """Return plain values for `--json`."""
    target = found.target
    return {
        "asked": found.asked,
        "kind": target.kind,
        "label": target.label,
        "notes": list(target.notes),
        "promoted": [vars(one) for one in target.promoted],
        "recorded": dict(target.hashes),
        "files": [{"directory": md5, "path": one.path, "md5": one.md5} for md5, one in target.files.items()],
        "made": [_way(found, way) for way in found.made],
        "used": [_way(found, way) for way in found.used],
        "registered": [_record(one) for one in found.registered],
    }


def _way(found: Lineage, way: Way) -> dict[str, Any]:
    return {
        "locks": [_origin(one) for one in way.origins],
        "of": [_pin(found, pin) for pin in way.pins],
        "stages": [_step(found, way, step) for step in way.steps],
    }


def _origin(origin: Origin) -> dict[str, Any]:
    commits = [
        {"commit": one.hash, "when": one.when, "author": one.author, "subject": one.subject} for one in origin.commits
    ]
    return {"name": origin.name, "commits": commits, "changed": list(origin.changed)}


def _step(found: Lineage, way: Way, step: Execution) -> dict[str, Any]:
    return {
        "stage": step.stage,
        "cmd": step.cmd,
        "params": {one.name: json.loads(one.value) for one in step.params},
        "deps": [_dep(way, pin) for pin in step.deps],
        "outs": [_pin(found, pin) for pin in step.outs],
    }


def _dep(way: Way, pin: Pin) -> dict[str, Any]:
    stale = way.graph.stale(pin)
    makers = [one.stage for one in way.graph.makers(pin)]
    return {**_bare(pin), "made_by": makers, "now": stale.md5 if stale else None}


def _pin(found: Lineage, pin: Pin) -> dict[str, Any]:
    tables = found.tables(pin)
    if tables is None or isinstance(tables, Unknown):
        return {**_bare(pin), "tables": None, "unknown": tables.reason if tables else None}
    rows = {name: {"rows": one.rows, "span": list(one.span) if one.span else None} for name, one in tables.items()}
    return {**_bare(pin), "tables": rows, "unknown": None}


def _bare(pin: Pin) -> dict[str, Any]:
    return {"path": pin.path, "md5": pin.md5 or None, "size": pin.size, "files": pin.files}


def _record(record: ModelRecord) -> dict[str, Any]:
    promoted = [vars(one) for one in record.promoted]
    return {"label": record.label, "commit": record.commit, "dirty": record.dirty, "promoted": promoted}


def restored_as_json(found: Restored) -> dict[str, Any]:
    """Return plain values for `--restore DIR --json`."""
    return {
        "place": str(found.place),
        "commit": found.commit,
        "exact": found.exact,
        "missing": [vars(one) for one in found.missing],
        "different": [vars(one) for one in found.different],
        "foreign": [vars(one) for one in found.foreign],
        "replaced": [{"path": pin.path, "md5": pin.md5} for pin in found.replaced],
        "notes": list(found.notes),
    }
