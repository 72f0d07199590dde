"""Commit, library versions and hardware of a run."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags

LIBRARIES = (
    "lockstep", "duckdb", "ibis-framework", "lightgbm", "mlflow", "numpy", "onnx", "onnxmltools", "onnxruntime",
    "optuna", "pandas", "pyarrow", "scikit-learn", "scipy", "skl2onnx", "skops", "xgboost",
)  # fmt: skip
"""Libraries that the bytes of data and model depend on."""
ALSO_READ = ("params.yaml", "dvc.yaml", "requirements.lock")


def commit(root: Path, reads: list[str]) -> dict[str, str]:
    """Return commit and dirty flag as tags; no tags outside of a git repository.

    A checkout is dirty if a file that a stage reads differs from the commit. Outputs and dvc.lock do not count: they
    always differ while stages run.
    """
    try:
        found = run(["git", "rev-parse", "--verify", "HEAD"], root).strip()
        status = ["git", "--literal-pathspecs", "status", "--porcelain", "--untracked-files=all", "--"]
        changed = run([*status, *reads, *ALSO_READ], root)
    except LockstepError:
        return {}
    return {tags.COMMIT: found, tags.SOURCE_COMMIT: found, tags.DIRTY: "true" if changed.strip() else "false"}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed libraries."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an extra
            continue
    return found


def hardware() -> dict[str, str]:
    """Return CPU, cores, memory, system and GPU; results do not depend on them."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _line(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": platform.platform(),
        "gpu": ", ".join(_gpus()) or "none",
    }


def _gpus() -> list[str]:
    """Return the GPUs that NVIDIA's driver lists; libraries that list them take seconds to load."""
    return [_line(file, "Model") for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))]


def _line(file: Path, name: str) -> str:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
