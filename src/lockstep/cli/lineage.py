"""Where something comes from, and whether it can be made again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockstep.cli.app import app
from lockstep.core.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockstep.versioning.model_versions import Versions
    from lockstep.versioning.project import Project
    from lockstep.workbench.verify import Difference


@app.command()
def lineage(
    thing: Annotated[
        str, typer.Argument(metavar="X", help="A revision, a path under data/, a hash, a model version, or a run.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    restore: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Bring that workspace back there; exit with 1 if not exactly.")
    ] = None,
) -> None:
    """Show what something was made from, back to the raw data, and what was made of it."""
    from lockstep.versioning.project import Project

    project = Project(Workspace().root.resolve())
    if restore:
        _restore(project, thing, restore, as_json=as_json)
        return
    from lockstep.workbench.lineage.lineage import lineage as lineage_of

    found = lineage_of(project, thing, _versions())
    if as_json:
        from lockstep.workbench.lineage.as_json import as_json as plain

        _print_json(plain(found))
        return
    from rich.console import Console

    from lockstep.workbench.lineage.show import show

    show(found, Console())


def _restore(project: "Project", thing: str, place: Path, *, as_json: bool) -> None:
    from lockstep.workbench.lineage.resolve import resolve
    from lockstep.workbench.lineage.restore import restore

    found = restore(project, resolve(project, thing, _versions()), place)
    if as_json:
        from lockstep.workbench.lineage.as_json import restored_as_json

        _print_json(restored_as_json(found))
    else:
        from rich.console import Console

        from lockstep.workbench.lineage.show_restored import show_restored

        show_restored(found, Console())
    if not found.exact:
        sys.exit(1)


@app.command()
def verify(
    revision: Annotated[str, typer.Argument(help="The git revision to rebuild.")] = "HEAD",
    version: Annotated[
        str | None, typer.Option(metavar="N", help="Rebuild this model version instead: `7`, `champion`, a run.")
    ] = None,
) -> None:
    """Rebuild a revision in a clean clone, without a cache, and name the first stage that differs."""
    from lockstep.workbench.verify import verify as rebuild
    from lockstep.workbench.verify import verify_version

    root = Workspace().root.resolve()
    if version is None:
        good = _agree(revision, "dvc.lock", rebuild(root, revision))
    else:
        proof = verify_version(root, version, _versions())
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


def _versions() -> "Versions":
    """Return what knows of model versions and runs."""
    from lockstep.registry.lineage import Registered

    return Registered(Workspace(), lambda text: print(f"lockstep: {text}", file=sys.stderr))


def _print_json(value: object) -> None:
    from lockstep.core.files import dump_json

    print(dump_json(value), end="")
