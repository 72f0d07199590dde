"""`lockstep ...`: parse, call, print. Heavy libraries are imported by the command that needs them."""

import importlib
import os
import pkgutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockstep import stages
from lockstep.errors import TRANSIENT, LockstepError, TransientError, closest
from lockstep.tracking import safety
from lockstep.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockstep.lineage.project import Project
    from lockstep.lineage.versions import Versions
    from lockstep.verify import Difference

INPUT = 2  # exit code: what was given cannot be worked with

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps data, parameters, model, review and serving of a tabular model in step.",
    epilog="Start with `make repro`; compare with `dvc exp run -S train.params.max_depth=4` and `dvc exp show`.",
)
contracts = typer.Typer(no_args_is_help=True, help="The schemas of the raw tables, in contracts/.")
app.add_typer(contracts, name="contracts")


def stage_names() -> list[str]:
    """Return the names of the stages that exist as modules of `lockstep.stages`."""
    return [module.name for module in pkgutil.iter_modules(stages.__path__)]


@app.command()
def stage(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(stage_names())}.")]) -> None:
    """Run one stage here; `dvc repro` calls this and pins what comes out."""
    known = stage_names()
    if name not in known:
        raise LockstepError(f"no stage {name!r}{closest(name, known)}; there are {', '.join(known)}")
    from lockstep.params.base import load
    from lockstep.params.document import load_all
    from lockstep.progress import Progress

    workspace = Workspace()
    load_all(workspace.params)  # a fault of any section is said before any work starts
    module = importlib.import_module(f"lockstep.stages.{name}")
    module.run(load(module.Inputs, workspace.params), workspace, Progress(name))


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
    from lockstep.params.base import parse
    from lockstep.params.simulate import SimulateSpec
    from lockstep.progress import Progress
    from lockstep.simulate.database import write

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
    from lockstep.data import infer as inferring
    from lockstep.params.base import load
    from lockstep.progress import Progress
    from lockstep.stages.ingest import Inputs

    workspace = Workspace()
    source = load(Inputs, workspace.params).source
    for path in inferring.infer(source, workspace, Progress("infer"), tuple(table or ()), force=force):
        print(path)


@app.command()
def summary() -> None:
    """Show rows and rejects, metrics beside the baselines, drift, and where the report lies."""
    from rich.console import Console

    from lockstep.summary import show

    show(Workspace(), Console())


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="REV_A", help="A git revision, an experiment, or `workspace`.")],
    second: Annotated[str, typer.Argument(metavar="REV_B", help="The one that is judged against it.")] = "workspace",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare two models on the rows that both were tested on, from their pinned predictions."""
    from lockstep.comparing.compare import compare as compare_revisions
    from lockstep.files import dump_json

    compared = compare_revisions(Workspace(), first, second)
    if as_json:
        print(dump_json(compared.as_json()), end="")
        return
    from rich.console import Console

    from lockstep.comparing.show import show

    show(compared, Console())


@app.command()
def gate(
    champion: Annotated[
        str | None, typer.Option(metavar="REV", help="A git revision or experiment that must not be better.")
    ] = None,
) -> None:
    """Say whether this checkout's model may be served, and why; exit with 1 if it may not."""
    from rich.console import Console

    from lockstep.gating.judge import judge
    from lockstep.gating.show import show

    verdict = judge(Workspace(), champion)
    show(verdict, Console())
    if not verdict.passed:
        sys.exit(1)


@app.command()
def track() -> None:
    """Publish the result that lies here to MLflow, if it is not there yet; the stage of that name does the same."""
    from lockstep.params.document import load_all
    from lockstep.tracking.faults import TrackingDownError
    from lockstep.tracking.track import track as publish

    workspace = Workspace()
    try:
        print(publish(workspace, trials=load_all(workspace.params).track.trials))
    except TrackingDownError as error:
        _fail(str(error), 1)


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

    from lockstep.files import dump_json
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
    from lockstep.tracking.pages import serve

    serve(Workspace().root, host, port)


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
    from lockstep.lineage.project import Project

    project = Project(Workspace().root.resolve())
    if restore:
        _restore(project, thing, restore, as_json=as_json)
        return
    from lockstep.lineage.lineage import lineage as lineage_of

    found = lineage_of(project, thing, _versions())
    if as_json:
        from lockstep.lineage.as_json import as_json as plain

        _print_json(plain(found))
        return
    from rich.console import Console

    from lockstep.lineage.show import show

    show(found, Console())


def _restore(project: "Project", thing: str, place: Path, *, as_json: bool) -> None:
    from lockstep.lineage.resolve import resolve
    from lockstep.lineage.restore import restore

    found = restore(project, resolve(project, thing, _versions()), place)
    if as_json:
        from lockstep.lineage.as_json import restored_as_json

        _print_json(restored_as_json(found))
    else:
        from rich.console import Console

        from lockstep.lineage.show_restored import show_restored

        show_restored(found, Console())
    if not found.exact:
        sys.exit(1)


def _versions() -> "Versions":
    """Return what knows of model versions and runs."""
    from lockstep.registry.anchors import Registered

    return Registered(Workspace(), lambda text: print(f"lockstep: {text}", file=sys.stderr))


def _print_json(value: object) -> None:
    from lockstep.files import dump_json

    print(dump_json(value), end="")


@app.command()
def verify(
    revision: Annotated[str, typer.Argument(help="The git revision to rebuild.")] = "HEAD",
    version: Annotated[
        str | None, typer.Option(metavar="N", help="Rebuild this model version instead: `7`, `champion`, a run.")
    ] = None,
) -> None:
    """Rebuild a revision in a clean clone, without a cache, and name the first stage that differs."""
    from lockstep.verify import verify as rebuild
    from lockstep.verify import verify_version

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


@app.command()
def check() -> None:
    """Check in a moment what a commit could break: params, contracts, dvc.yaml, dvc.lock, secrets, big files."""
    from lockstep.checking.check import check as check_all

    found = check_all(Workspace())
    for line in found.lines():
        print(line)
    if found.findings:
        sys.exit(1)


@app.command("merge-lock", hidden=True)
def merge_lock(base: Path, ours: Path, theirs: Path, path: str) -> None:
    """Merge dvc.lock stage by stage, as git's merge driver; exit with 1 if a conflict is left."""
    from lockstep.merging.driver import merge_files

    found = merge_files(base, ours, theirs, path)
    for line in found.says:
        print(f"lockstep: {line}", file=sys.stderr)
    if not found.clean:
        sys.exit(1)


@app.command("install-hooks")
def install_hooks(
    remove: Annotated[bool, typer.Option("--remove", help="Take away what was set up.")] = False,
) -> None:
    """Let git merge dvc.lock stage by stage here, and run `lockstep check` before each commit."""
    from lockstep.hooks import install

    root = Workspace().root.resolve()
    if remove:
        install.remove(root)
        return
    for line in install.install(root):
        print(f"lockstep: left to do: {line}", file=sys.stderr)


def main() -> None:
    """Run the command line; a user sees a message, never a traceback."""
    signal.signal(signal.SIGTERM, _leave)
    safety.secure()
    try:
        app()
    except LockstepError as error:
        _fail(str(error), _exit_code(error))
    except OSError as error:
        _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", INPUT)
    except Exception as error:
        _fail(_crash(error), 1)


def _leave(number: int, _: object) -> None:
    """Unwind instead of stopping dead: what is half written is removed on the way out."""
    sys.exit(128 + number)  # as a shell reports a signal


def _exit_code(error: LockstepError) -> int:
    """A scheduler that tries again asks to be told what is worth it: a database that is down, a lock that is held."""
    return int(os.environ.get(TRANSIENT, INPUT)) if isinstance(error, TransientError) else INPUT


def _fail(message: str, code: int) -> None:
    print(f"lockstep: {message}", file=sys.stderr)
    sys.exit(code)


def _crash(error: Exception) -> str:
    """Keep the traceback in a file for a bug report and return the message that names it."""
    log = Workspace().scratch / "crash.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return f"unexpected {type(error).__name__}: {error}\n  a fault of Lockstep itself; the traceback is in {log}"
