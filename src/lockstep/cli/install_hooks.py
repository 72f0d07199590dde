"""`lockstep install-hooks`: git hooks and merge drivers, once per clone."""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import REPOSITORY, app
from lockstep.core.workspace import Workspace


@app.command("install-hooks", rich_help_panel=REPOSITORY)
def install_hooks(
    remove: Annotated[bool, typer.Option("--remove", help="Remove what was installed.")] = False,
) -> None:
    """Install git hooks: check commits, merge dvc.lock by stage."""
    from lockstep.workbench.hooks import install

    root = Workspace().root.resolve()
    if remove:
        install.remove(root)
        return
    for line in install.install(root):
        print(f"lockstep: left to do: {line}", file=sys.stderr)
