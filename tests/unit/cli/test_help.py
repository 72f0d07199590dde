"""`lockstep --help`: one line and one file per command."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lockstep import cli
from lockstep.cli.entry import app

FRAME = {"__init__", "app", "entry"}


@pytest.fixture(scope="module")
def shown() -> str:
    return CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).output


def test_each_command_has_one_line_of_help_at_80_columns(shown: str) -> None:
    rows = [line for line in shown.splitlines() if line.startswith("│")]
    assert [line for line in rows if line.startswith("│  ")] == [], "a help text that wraps"


def test_each_command_is_a_file_named_after_it(shown: str) -> None:
    rows = [line.split()[1] for line in shown.splitlines() if line.startswith("│ ") and not line.startswith("│ -")]
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - FRAME
    listed = {name.replace("-", "_") for name in rows}
    assert files == listed - {"contracts"} | {"contracts_infer", "merge_lock"}
