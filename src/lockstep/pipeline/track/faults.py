"""What MLflow, its database or the network raises, told as one message without a password."""

from collections.abc import Iterator
from contextlib import contextmanager

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import Location

LINES = 4  # of what the backend said


class TrackingDownError(LockstepError):
    """Tracking cannot be reached, or refuses; what the pipeline made stands all the same."""


@contextmanager
def reaching(location: Location) -> Iterator[None]:
    """Turn whatever the backend raises in the block into a `TrackingDownError`."""
    import sqlalchemy as sa
    from mlflow.exceptions import MlflowException

    try:
        yield
    except LockstepError:
        raise
    except (MlflowException, sa.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
        said = [location.redact(line) for line in _lines(error)]
        raise TrackingDownError(f"MLflow at {location.shown}: cannot be written to or read", said) from None


def _lines(error: Exception) -> list[str]:
    """Return the first lines of what was said at the bottom of it."""
    original = getattr(error, "orig", None) or error
    said = [line.strip() for line in str(original).splitlines() if line.strip()]
    return [line for line in said if not line.startswith(("(Background on", "[SQL:", "[parameters:"))][:LINES]
