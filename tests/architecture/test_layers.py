"""The import contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path


def test_imports_run_one_way() -> None:
    root = Path(__file__).parents[2]
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
