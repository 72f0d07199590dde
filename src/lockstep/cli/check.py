"""`lockstep check`: what a commit could break."""

import sys

from lockstep.cli.app import REPOSITORY, app
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=REPOSITORY)
def check() -> None:
    """Check what a commit could break, in about a second.

    Params, contracts, dvc.yaml, dvc.lock, secrets and big files.
    """
    from lockstep.workbench.check.check import check as check_all

    found = check_all(Workspace())
    for line in found.lines():
        print(line)
    if found.findings:
        sys.exit(1)
