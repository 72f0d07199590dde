"""The only place that opens DuckDB: in memory, spilling to disk, in UTC, closed to the network."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError

if TYPE_CHECKING:
    import duckdb

MEMORY = "2GB"  # beyond this it spills


def connect(scratch: Path, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a connection whose results do not depend on the machine.

    LOCKSTEP_THREADS and LOCKSTEP_MEMORY override the number of cores and `memory`.

    Args:
        scratch: `Workspace.scratch`; larger-than-memory work goes to a directory in it.
        memory: such as `2GB`.

    Raises:
        LockstepError: one of the two variables cannot be read.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _variable("LOCKSTEP_MEMORY", r"\d+(\.\d+)? *([KMGT]i?)?B", "a size such as 2GB") or memory,
        "temp_directory": str(_spill(scratch / "spill")),
        # A name in SQL means a table, never a variable of the calling Python code.
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    threads = _variable("LOCKSTEP_THREADS", r"[1-9]\d{0,3}", "a whole number of threads from 1 on")
    if threads:
        settings["threads"] = int(threads)
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # global: cursors inherit it
    return connection


@contextmanager
def faults_of(what: str) -> Iterator[None]:
    """Turn external failures (full disk, too little memory, a damaged file) into a `LockstepError`.

    An error in a statement is a fault of the caller and is raised unchanged.

    Args:
        what: start of the message: a file, or a table and the operation on it.
    """
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        advice = "LOCKSTEP_MEMORY=4GB allows more, LOCKSTEP_THREADS=1 needs less"
        raise LockstepError(f"{what}: out of memory, or of space to spill to", [_first_line(error), advice]) from error
    except duckdb.Error as error:
        if not _from_outside(error):
            raise
        raise LockstepError(f"{what}: not readable or not writable", [_first_line(error)]) from error


def quoted(name: str) -> str:
    """Return `name`, which may contain any character, as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def parquet(path: Path, *, numbered: bool = False) -> str:
    """Return the SQL expression that reads exactly this file.

    By default, DuckDB expands `*`, `?` and `[` in a path, and reads a folder named `a=1` as a column.

    Args:
        path: a Parquet file.
        numbered: add `file_row_number`, the 0-based number of the row.
    """
    literal = re.sub(r"([*?\[])", r"[\1]", str(path)).replace("'", "''")
    return f"read_parquet('{literal}', hive_partitioning = false, file_row_number = {str(numbered).lower()})"


def _variable(name: str, pattern: str, expected: str) -> str | None:
    value = os.environ.get(name, "").strip()
    if value and not re.fullmatch(pattern, value, re.IGNORECASE):
        raise LockstepError(f"{name}: expected {expected}; got {value!r}")
    return value or None


def _spill(root: Path) -> Path:
    """Return the path of a spill directory for this process, and remove those of killed processes.

    DuckDB creates the directory when it first spills and removes it when it closes.
    """
    root.mkdir(parents=True, exist_ok=True)
    for left in root.iterdir():
        if not _alive(left.name.partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    own = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=root))
    own.rmdir()
    return own


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _from_outside(error: duckdb.Error) -> bool:
    import duckdb

    if isinstance(error, duckdb.IOException | duckdb.SerializationException | duckdb.PermissionException):
        return True
    # A damaged Parquet file has no class of its own: it raises the base class, or this one.
    not_parquet = isinstance(error, duckdb.InvalidInputException) and "parquet" in _first_line(error)
    return type(error) is duckdb.Error or not_parquet


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
