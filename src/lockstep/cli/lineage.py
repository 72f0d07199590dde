"""`lockstep lineage X`: what something was made from, and what was made from it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockstep.cli.app import LINEAGE, app, console, print_json, versions
from lockstep.core.workspace import Workspace

if TYPE_CHECKING:
    from lockstep.versioning.project import Project


@app.command(rich_help_panel=LINEAGE)
def lineage(
    thing: Annotated[
        str, typer.Argument(metavar="X", help="A revision, a path under data/, a hash, a model version, or a run.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    restore: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Restore that workspace to this folder; exit with 1 if it is not exact."),
    ] = None,
) -> None:
    """Trace a result to the raw data, and on to models and runs."""
    from lockstep.versioning.project import Project

    project = Project(Workspace().root.resolve())
    if restore:
        _restore(project, thing, restore, as_json=as_json)
        return
    from lockstep.workbench.lineage.lineage import lineage as lineage_of

    found = lineage_of(project, thing, versions())
    if as_json:
        from lockstep.workbench.lineage.as_json import as_json as plain

        print_json(plain(found))
        return
    from lockstep.workbench.lineage.show import show

    show(found, console())


def _restore(project: "Project", thing: str, place: Path, *, as_json: bool) -> None:
    from lockstep.workbench.lineage.resolve import resolve
    from lockstep.workbench.lineage.restore import restore

    found = restore(project, resolve(project, thing, versions()), place)
    if as_json:
        from lockstep.workbench.lineage.as_json import restored_as_json

        print_json(restored_as_json(found))
    else:
        from lockstep.workbench.lineage.show import show_restored

        show_restored(found, console())
    if not found.exact:
        sys.exit(1)
