"""The application that commands register with, and helpers that they share."""

import sys
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from lockstep.versioning.model_versions import Versions

# The headings of `lockstep --help`.
PIPELINE = "Pipeline"
COMPARE = "Compare and decide"
REGISTRY = "Tracking and registry"
LINEAGE = "Lineage"
REPOSITORY = "Repository"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keep data, parameters, model, review and serving of a model in step.",
    epilog="Start with `make repro`. `lockstep COMMAND --help` says more about a command.",
)


def fail(message: str, code: int) -> NoReturn:
    """Print a message and exit."""
    print(f"lockstep: {message}", file=sys.stderr)
    sys.exit(code)


def print_json(value: object) -> None:
    """Print a value as the project writes JSON."""
    from lockstep.core.files import dump_json

    print(dump_json(value), end="")


def console() -> "Console":
    """Return the terminal."""
    from rich.console import Console

    return Console()


def versions() -> "Versions":
    """Return the reader of model versions and runs; its notes go to standard error."""
    from lockstep.core.workspace import Workspace
    from lockstep.registry.lineage import Registered

    return Registered(Workspace(), lambda text: print(f"lockstep: {text}", file=sys.stderr))
