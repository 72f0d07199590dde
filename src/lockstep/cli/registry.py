"""Runs, versions, and which of them is champion."""

import sys
from typing import Annotated

import typer

from lockstep.cli.app import app, fail
from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace


@app.command()
def track() -> None:
    """Publish the result that lies here to MLflow, if it is not there yet; the stage of that name does the same."""
    from lockstep.params.document import load_all
    from lockstep.pipeline.track.backend import TrackingDownError
    from lockstep.pipeline.track.publish import track as publish

    workspace = Workspace()
    try:
        print(publish(workspace, trials=load_all(workspace.params).track.trials))
    except TrackingDownError as error:
        fail(str(error), 1)


@app.command()
def register(
    revision: Annotated[
        str | None, typer.Argument(metavar="REV", help="A git revision.", show_default="this checkout as it is")
    ] = None,
) -> None:
    """Make a model a version in MLflow's registry, with the alias challenger."""
    if revision is None:
        from lockstep.registry.register import register as make_version

        print(make_version(Workspace()))
        return
    from lockstep.registry.revision import register_revision

    print(register_revision(Workspace(), revision))


@app.command()
def promote(
    version: Annotated[int | None, typer.Option(min=1, help="Its number.", show_default="the challenger")] = None,
    force: Annotated[bool, typer.Option("--force", help="Whatever the rules say; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why, in a person's words; kept in the ledger.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, and change nothing.")] = False,
) -> None:
    """Let the challenger be champion if its gates pass and it is not worse on the same rows; else exit with 1."""
    from rich.console import Console

    from lockstep.registry.promote import Force
    from lockstep.registry.promote import promote as decide
    from lockstep.registry.show import show

    if force != bool(reason.strip()):
        raise LockstepError(
            "promote: --force needs --reason, and --reason is for --force: say why the rules do not hold"
        )
    found = decide(Workspace(), version, force=Force(reason) if force else None, dry=dry_run)
    show(found, Console())
    if not found.yes:
        sys.exit(1)


@app.command()
def rollback(
    to: Annotated[int | None, typer.Option(min=1, help="Its number.", show_default="the champion before")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
) -> None:
    """Put a former champion back, once its files are proven to be those that were registered."""
    from lockstep.registry.rollback import rollback as go_back

    done = go_back(Workspace(), to, reason)
    print(f"{done.version} is champion again; before: version {done.entry.version_from}")


@app.command()
def history(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show who promoted what, when and why, and what is champion now."""
    from rich.console import Console

    from lockstep.core.files import dump_json
    from lockstep.registry.history import history as read_history
    from lockstep.registry.history import show

    found = read_history(Workspace())
    if as_json:
        print(dump_json(found.as_json()), end="")
        return
    show(found, Console())


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
) -> None:
    """Open MLflow's pages on the runs of this checkout, or on those at MLFLOW_TRACKING_URI."""
    from lockstep.pipeline.track.pages import serve

    serve(Workspace().root, host, port)
