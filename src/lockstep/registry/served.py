"""Check what MLflow itself loads for a version: one ONNX graph and no other code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lockstep.artifacts.bundle import GRAPH
from lockstep.core.errors import LockstepError

DESCRIBED = "MLmodel"
FILES = {
    DESCRIBED, GRAPH, "conda.yaml", "input_example.json", "python_env.yaml", "requirements.txt",
    "serving_input_example.json",
}  # fmt: skip
FLAVOURS = {"onnx", "python_function"}
LOADER = "mlflow.onnx"


def check_served(folder: Path) -> None:
    """Check that a folder is an ONNX model of MLflow, loaded by MLflow's own loader.

    Raises:
        LockstepError: a file is missing or was not written by `lockstep track`, or the description names code, another
            loader, or another graph.
    """
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    lacking = {DESCRIBED, GRAPH} - names
    if lacking:
        raise LockstepError(f"the model that MLflow would load lacks {', '.join(sorted(lacking))}")
    if names - FILES:
        raise LockstepError(
            "the model that MLflow would load has files that `lockstep track` does not write", sorted(names - FILES)[:5]
        )
    _check_flavours(_flavours(folder / DESCRIBED))


def _flavours(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))["flavors"]
        return {str(name): dict(flavour) for name, flavour in found.items()}
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise LockstepError(f"{DESCRIBED}: damaged ({type(error).__name__})") from error


def _check_flavours(flavours: Mapping[str, Mapping[str, Any]]) -> None:
    function = flavours.get("python_function", {})
    if set(flavours) != FLAVOURS or function.get("loader_module") != LOADER:
        raise LockstepError(f"{DESCRIBED}: expected the flavours {', '.join(sorted(FLAVOURS))}, loaded by {LOADER}")
    for name, flavour in flavours.items():
        if flavour.get("code") or flavour.get("data") != GRAPH:
            raise LockstepError(f"{DESCRIBED}: flavour {name}: expected no code, and {GRAPH} as its data")
