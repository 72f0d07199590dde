"""Errors of a database or its driver, as errors of the connection or of the request."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa
import sqlalchemy as sa

from lockstep.core.errors import LockstepError
from lockstep.pipeline.ingest.sources.base import UnreachableError

# Drivers report a failed login by these texts alone, some in the language of their server.
REFUSED = re.compile(
    r"password|authenti|access denied|pg_hba|not permitted|does not exist|unknown database", re.IGNORECASE
)
BUSY = re.compile(r"database (table )?is locked|SQLITE_BUSY", re.IGNORECASE)


@contextmanager
def faults_of_database(what: str, is_alive: Callable[[], bool] | None = None) -> Iterator[None]:
    """Turn errors of drivers into an `UnreachableError`, which is retried, or a `LockstepError`.

    Args:
        what: start of the message.
        is_alive: returns whether the connection still answers; None while connecting.
    """
    try:
        yield
    except LockstepError:
        raise
    except Exception as error:
        if not is_of_driver(error):
            raise
        lost = is_alive is not None and not is_alive()
        kind = UnreachableError if lost or _is_transient(error, connecting=is_alive is None) else LockstepError
        raise kind(
            f"{what}: {'connection failed' if kind is UnreachableError else 'cannot be read'}", _lines(error)
        ) from error


def is_of_driver(error: Exception) -> bool:
    """Return whether an error is of SQLAlchemy, ADBC, Arrow or a DBAPI driver, not of this package."""
    package = type(error).__module__.partition(".")[0]
    return (
        isinstance(error, sa.exc.SQLAlchemyError | pa.ArrowException | OSError)
        or package.startswith("adbc_driver")
        or any(base.__name__ in ("DatabaseError", "InterfaceError") for base in type(error).__mro__)
    )


def _is_transient(error: Exception, *, connecting: bool) -> bool:
    """Return whether a retry may succeed."""
    if BUSY.search(str(error)) or getattr(error, "connection_invalidated", False):
        return True
    original = getattr(error, "orig", None) or error
    if not connecting or not any(
        base.__name__ in ("OperationalError", "InterfaceError") for base in type(original).__mro__
    ):
        return False
    handle = getattr(original, "pgconn", None)  # of psycopg: whether it was asked for a password
    asked = handle is not None and (handle.used_password or handle.needs_password)
    return not asked and not REFUSED.search(str(original))


def _lines(error: Exception) -> list[str]:
    """Return the driver's own message, without SQLAlchemy's copy of the statement and link to its manual."""
    original = getattr(error, "orig", None) or error
    return [line.strip() for line in str(original).splitlines() if line.strip()][:6]
