"""An experiment that changes one key changes one line of params.yaml."""

import difflib
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "params.yaml", *sorted(ROOT.glob("examples/*/params.yaml"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_dvc_rewrites_one_line(file: Path, tmp_path: Path) -> None:
    """`dvc exp run -S` writes the whole file anew, in its own layout; ours is that layout."""
    copy = tmp_path / "params.yaml"
    shutil.copy(file, copy)
    apply_overrides(copy, ["tune.trials=3"])
    old, new = (path.read_text(encoding="utf-8").splitlines() for path in (file, copy))
    changes = [line for line in difflib.unified_diff(old, new, n=0) if not line.startswith(("---", "+++", "@@"))]
    assert len(changes) == 2
    assert all("trials:" in line for line in changes)
