"""What git does with this repository: commits that are checked, locks that merge."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lockstep.cli.app import app
from lockstep.core.workspace import Workspace


@app.command()
def check() -> None:
    """Check in a moment what a commit could break: params, contracts, dvc.yaml, dvc.lock, secrets, big files."""
    from lockstep.workbench.check.check import check as check_all

    found = check_all(Workspace())
    for line in found.lines():
        print(line)
    if found.findings:
        sys.exit(1)


@app.command("merge-lock", hidden=True)
def merge_lock(base: Path, ours: Path, theirs: Path, path: str) -> None:
    """Merge dvc.lock stage by stage, as git's merge driver; exit with 1 if a conflict is left."""
    from lockstep.versioning.merging.driver import merge_files

    found = merge_files(base, ours, theirs, path)
    for line in found.says:
        print(f"lockstep: {line}", file=sys.stderr)
    if not found.clean:
        sys.exit(1)


@app.command("install-hooks")
def install_hooks(
    remove: Annotated[bool, typer.Option("--remove", help="Take away what was set up.")] = False,
) -> None:
    """Let git merge dvc.lock stage by stage here, and run `lockstep check` before each commit."""
    from lockstep.workbench.hooks import install

    root = Workspace().root.resolve()
    if remove:
        install.remove(root)
        return
    for line in install.install(root):
        print(f"lockstep: left to do: {line}", file=sys.stderr)
