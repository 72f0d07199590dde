"""`lockstep summary`: the result in this folder on one screen."""

from lockstep.cli.app import PIPELINE, app, console
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=PIPELINE)
def summary() -> None:
    """Show row counts, metrics, gate, drift and report."""
    from lockstep.workbench.summary import show

    show(Workspace(), console())
