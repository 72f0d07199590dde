"""`lockstep verify`: the same commit gives the same bytes."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lockstep.cli.app import LINEAGE, app, versions
from lockstep.core.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockstep.workbench.verify import Difference


@app.command(rich_help_panel=LINEAGE)
def verify(
    revision: Annotated[str, typer.Argument(help="The git revision to rebuild.")] = "HEAD",
    version: Annotated[
        str | None, typer.Option(metavar="N", help="Rebuild this model version instead: `7`, `champion`, a run.")
    ] = None,
) -> None:
    """Rebuild a revision in a clean clone and compare every hash."""
    from lockstep.workbench.verify import verify as rebuild
    from lockstep.workbench.verify import verify_version

    root = Workspace().root.resolve()
    if version is None:
        good = _agree(revision, "dvc.lock", rebuild(root, revision))
    else:
        proof = verify_version(root, version, versions())
        recorded = _agree(proof.label, "what was recorded with it", proof.recorded)
        good = _agree(f"commit {proof.commit[:7]}", "dvc.lock", proof.locked) and recorded
    if not good:
        sys.exit(1)


def _agree(name: str, standard: str, found: "Sequence[Difference]") -> bool:
    """Print what differs from a standard, and return whether nothing does."""
    if not found:
        words = "the committed hash" if standard == "dvc.lock" else "the hash that was recorded with it"
        print(f"{name}: every output has {words}")
        return True
    print(f"{name}: stage {found[0].stage} is the first that differs from {standard}")
    for difference in found:
        print(f"  {difference.stage}: {difference.path}: {difference.committed} became {difference.rebuilt}")
    return False
