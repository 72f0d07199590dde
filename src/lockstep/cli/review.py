"""`lockstep review [BASE] [HEAD]`: what a change does, for a pull request."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lockstep.cli.app import COMPARE, app, console
from lockstep.core.workspace import Workspace


@app.command(rich_help_panel=COMPARE)
def review(
    base: Annotated[
        str | None,
        typer.Argument(metavar="BASE", help="A git revision or experiment.", show_default="where HEAD left main"),
    ] = None,
    head: Annotated[
        str | None, typer.Argument(metavar="HEAD", help="The revision to review.", show_default="this checkout")
    ] = None,
    as_md: Annotated[bool, typer.Option("--md", help="Print Markdown, short enough for a comment.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Write Markdown, HTML, JSON and plots to this folder.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a gate fails or dvc.lock is stale.")] = False,
) -> None:
    """Show what a change does to params, stages, data and metrics.

    Reads results only: no stage and no code of HEAD runs.
    """
    from lockstep.core.files import dump_json
    from lockstep.workbench.review.markdown import markdown
    from lockstep.workbench.review.outline.outline import outline
    from lockstep.workbench.review.review import review as review_change
    from lockstep.workbench.review.review import subject

    of = subject(Workspace(), base, head)
    found = review_change(of)
    if to is not None:
        from lockstep.workbench.review.write import write

        write(of, found, to)
    if as_json or as_md:
        print(dump_json(found.model_dump(mode="json")) if as_json else markdown(outline(found)), end="")
    else:
        from lockstep.workbench.review.show import show

        show(outline(found), console())
    if strict and not found.verdict.passed:
        sys.exit(1)
