"""`lockstep merge-lock`: git's merge driver for dvc.lock."""

import sys
from pathlib import Path

from lockstep.cli.app import app


@app.command("merge-lock", hidden=True)
def merge_lock(base: Path, ours: Path, theirs: Path, path: str) -> None:
    """Merge dvc.lock stage by stage; exit with 1 if a conflict is left."""
    from lockstep.versioning.merging.driver import merge_files

    found = merge_files(base, ours, theirs, path)
    for line in found.messages:
        print(f"lockstep: {line}", file=sys.stderr)
    if not found.clean:
        sys.exit(1)
