"""The pipeline: stages, the built-in shop, contracts, what came out."""

import importlib
import pkgutil
import time
from pathlib import Path
from typing import Annotated

import typer

from lockstep import pipeline
from lockstep.cli.app import app, contracts
from lockstep.core.errors import LockstepError, closest
from lockstep.core.workspace import Workspace


def stage_names() -> list[str]:
    """Return the names of the stages that exist as modules of `lockstep.pipeline`."""
    return [module.name for module in pkgutil.iter_modules(pipeline.__path__)]


@app.command()
def stage(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(stage_names())}.")]) -> None:
    """Run one stage here; `dvc repro` calls this and pins what comes out."""
    known = stage_names()
    if name not in known:
        raise LockstepError(f"no stage {name!r}{closest(name, known)}; there are {', '.join(known)}")
    from lockstep.core.durations import Durations
    from lockstep.core.progress import Progress
    from lockstep.core.spec import load
    from lockstep.params.document import load_all

    started = time.monotonic()
    workspace = Workspace()
    load_all(workspace.params)  # a fault of any section is said before any work starts
    module = importlib.import_module(f"lockstep.pipeline.{name}.stage")
    module.run(load(module.Inputs, workspace.params), workspace, Progress(name))
    Durations.of(workspace).record(name, time.monotonic() - started)


@app.command()
def simulate(
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="Any SQLAlchemy URL, such as postgresql://me@host/shop.")
    ],
    customers: Annotated[int | None, typer.Option(help="How many.", show_default="4000")] = None,
    months: Annotated[int | None, typer.Option(help="The shop's life.", show_default="24")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="Its first day.", show_default="2024-01-01")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same shop.")] = 7,
    replace: Annotated[bool, typer.Option("--replace", help="Drop tables of the same names first.")] = False,
) -> None:
    """Fill a database with the built-in shop: the tables customers, orders, sessions and tickets."""
    from lockstep.core.progress import Progress
    from lockstep.core.spec import parse
    from lockstep.params.simulate import SimulateSpec
    from lockstep.pipeline.simulate.database import write

    asked = {"customers": customers, "months": months, "start": start}
    given = {name: value for name, value in asked.items() if value is not None}
    spec = parse(SimulateSpec, given, Path("simulate"))
    with Progress("simulate").bar("customers", spec.customers) as advance:
        written = write(to, spec, seed, replace=replace, advance=advance)
    for name, table in written.items():
        print(f"{name:>9} {table.rows:>12,} rows, {sum(table.dirt.values()):,} of them dirt")


@contracts.command()
def infer(
    table: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.", show_default="all")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite contracts that are there.")] = False,
) -> None:
    """Draft contracts/TABLE.yaml from the data that params.yaml names; then review them."""
    from lockstep.core.progress import Progress
    from lockstep.core.spec import load
    from lockstep.pipeline.ingest.stage import Inputs
    from lockstep.workbench.contracts import infer as inferring

    workspace = Workspace()
    source = load(Inputs, workspace.params).source
    for path in inferring.infer(source, workspace, Progress("infer"), tuple(table or ()), force=force):
        print(path)


@app.command()
def summary() -> None:
    """Show rows and rejects, metrics beside the baselines, drift, and where the report lies."""
    from rich.console import Console

    from lockstep.workbench.summary import show

    show(Workspace(), Console())
