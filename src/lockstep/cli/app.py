"""What commands register with, and how they fail."""

import sys

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps data, parameters, model, review and serving of a tabular model in step.",
    epilog="Start with `make repro`; compare with `dvc exp run -S train.params.max_depth=4` and `dvc exp show`.",
)
contracts = typer.Typer(no_args_is_help=True, help="The schemas of the raw tables, in contracts/.")
app.add_typer(contracts, name="contracts")


def fail(message: str, code: int) -> None:
    """Print what is wrong, and end."""
    print(f"lockstep: {message}", file=sys.stderr)
    sys.exit(code)
