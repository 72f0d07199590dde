"""scikit-learn objects on disk: skops, with the same bytes for the same object."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import skops.io

TRUSTED = [
    "lockstep.fitting.levels.Levels",
    "lockstep.fitting.words.Words",
    "numpy.dtype",
    "sklearn.model_selection._split.KFold",  # the folds that target encoding was fitted on
    "sklearn.model_selection._split.StratifiedKFold",
]
"""Types that may be loaded in addition to those that skops itself trusts."""


def save(estimator: Any, path: Path) -> None:
    """Write an estimator.

    skops names its parts by memory address and stamps them with the time; both are replaced, by
    order of appearance and by a constant, so that a rerun gives the same file.
    """
    with ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        schema = json.loads(archive.read("schema.json"))
        names: dict[str, str] = {}
        _renumber(schema, names, iter(range(1, 1 << 62)))
        with ZipFile(path, "w") as out:
            for old, new in names.items():
                out.writestr(ZipInfo(new), archive.read(old))
            out.writestr(ZipInfo("schema.json"), json.dumps(schema, indent=1))


def load(path: Path, trusted: Sequence[str] = ()) -> Any:
    """Return the estimator; check its digest first (`Model.load` does): some types do not validate their content."""
    return skops.io.load(path, trusted=[*TRUSTED, *trusted])


def _renumber(node: Any, names: dict[str, str], numbers: Any) -> None:
    if isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = next(numbers)
        if isinstance(node.get("file"), str):
            node["file"] = names.setdefault(node["file"], f"part{len(names)}{Path(node['file']).suffix}")
        for value in node.values():
            _renumber(value, names, numbers)
    elif isinstance(node, list):
        for value in node:
            _renumber(value, names, numbers)
