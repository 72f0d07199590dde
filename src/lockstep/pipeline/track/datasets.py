"""The datasets of a result: raw and processed tables and the splits, with DVC's hashes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest, TableEntry

TABLES = ("data/raw", "data/processed")
FEATURES = "data/features"
CONTEXTS = {"train": "training", "valid": "validation", "test": "testing"}


@dataclass(frozen=True)
class Dataset:
    """A folder of tables that DVC pins, or one table of it.

    Attributes:
        name: `raw`, `processed`, `features.train`.
        path: of the pinned folder, relative to the root.
        digest: DVC's hash of that folder.
        context: what the dataset is used for, in MLflow's terms.
        columns: `column`, or `table.column` of a folder -> Arrow type.
        profile: rows, span, as_of.
    """

    name: str
    path: str
    digest: str
    context: str
    columns: Mapping[str, str]
    profile: Mapping[str, object]


def datasets(root: Path, outputs: Mapping[str, str]) -> tuple[Dataset, ...]:
    """Return the pinned ones of the raw tables, the processed tables and the splits.

    Raises:
        LockstepError: a manifest is missing or damaged.
    """
    if FEATURES not in outputs:
        raise LockstepError(f"dvc.lock: {FEATURES} not pinned; run `dvc repro`")
    tables = [_folder(root, path, outputs[path]) for path in TABLES if path in outputs]
    splits = Manifest.read(root / FEATURES).tables
    return (*tables, *(_split(name, splits[name], outputs[FEATURES]) for name in CONTEXTS))


def _split(name: str, entry: TableEntry, digest: str) -> Dataset:
    return Dataset(f"features.{name}", FEATURES, digest, CONTEXTS[name], entry.columns, _profile(entry))


def _folder(root: Path, path: str, digest: str) -> Dataset:
    manifest = Manifest.read(root / path)
    columns = {
        f"{name}.{column}": kind for name, table in manifest.tables.items() for column, kind in table.columns.items()
    }
    profile = {name: _profile(table) for name, table in manifest.tables.items()}
    as_of = manifest.as_of.isoformat() if manifest.as_of else None
    name = Path(path).name
    return Dataset(name, path, digest, name, columns, {"as_of": as_of, "tables": profile})


def _profile(entry: TableEntry) -> dict[str, object]:
    span = [instant.isoformat() for instant in entry.span] if entry.span else None
    return {"rows": entry.rows, "span": span, "sha256": entry.sha256}
