"""The name of a study: a digest of all that decides what its trials are, so that no stale one is continued."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("lightgbm", "numpy", "optuna", "scikit-learn", "xgboost")
PACKAGE = Path(__file__).parents[2]
CODE = sorted([*(PACKAGE / "pipeline" / "tune").glob("*.py"), *(PACKAGE / "learners").glob("*.py")])
"""The modules that prepare folds, fit and score."""


def study_name(data: Mapping[str, str], decisions: Mapping[str, Any]) -> str:
    """Return `lockstep-` and 32 hex digits: the same for the same data, decisions, code and libraries.

    The budget is no part of it: a search with more trials continues the one with fewer.

    Args:
        data: digests of the files that the folds are made of, by name.
        decisions: what params.yaml says of folds, space, learners and seed; of JSON's types.
    """
    parts = {
        "data": dict(data),
        "decisions": dict(decisions),
        "code": digest(CODE),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }
    text = json.dumps(parts, sort_keys=True, allow_nan=False)
    return f"lockstep-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def digest(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the names and the bytes of files."""
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        found.update(file.read_bytes())
    return found.hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
