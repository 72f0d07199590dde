"""`lockstep simulate --to URL`: the built-in shop in a database of your choice."""

from pathlib import Path
from typing import Annotated

import typer

from lockstep.cli.app import PIPELINE, app


@app.command(rich_help_panel=PIPELINE)
def simulate(
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="Any SQLAlchemy URL, such as postgresql://me@host/shop.")
    ],
    customers: Annotated[int | None, typer.Option(help="Number of customers.", show_default="4000")] = None,
    months: Annotated[int | None, typer.Option(help="Length of the history.", show_default="24")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First day.", show_default="2024-01-01")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same shop.")] = 7,
    replace: Annotated[bool, typer.Option("--replace", help="Drop tables of the same names first.")] = False,
) -> None:
    """Fill a database with the built-in shop (four tables)."""
    from lockstep.core.progress import Progress
    from lockstep.core.spec import parse
    from lockstep.params.pipeline.simulate import SimulateSpec
    from lockstep.pipeline.simulate.database import write

    asked = {"customers": customers, "months": months, "start": start}
    given = {name: value for name, value in asked.items() if value is not None}
    spec = parse(SimulateSpec, given, Path("simulate"))
    with Progress("simulate").bar("customers", spec.customers) as advance:
        written = write(to, spec, seed, replace=replace, advance=advance)
    for name, table in written.items():
        print(f"{name:>9} {table.rows:>12,} rows, {sum(table.dirt.values()):,} of them dirt")
