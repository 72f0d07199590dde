"""A connection to MLflow, found alive before MLflow is asked: it would try a dead one for minutes."""

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random

from lockstep.core.source_url import Location
from lockstep.pipeline.track import safety
from lockstep.pipeline.track.faults import TrackingDownError, reaching
from lockstep.pipeline.track.place import VARIABLE, Place, place

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATIENCE = 5  # seconds for a server to answer
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Backend:
    """An MLflow that has answered.

    Attributes:
        uri: of tracking and registry; with its password.
        client: MLflow's own.
        place: how it may be shown, where files go, what its writers lock.
    """

    uri: str = field(repr=False)
    client: "MlflowClient" = field(repr=False)
    place: Place

    @property
    def location(self) -> Location:
        """The URI as it may be shown; redacts what the backend says."""
        return self.place.location


def connect(root: Path) -> Backend:
    """Return the backend of the checkout at `root`; an embedded one is made where there is none.

    Raises:
        TrackingDownError: it does not answer, or cannot be used; its location without a password.
    """
    safety.secure()
    where = place(root)
    with reaching(where.location):
        where.lock.parent.mkdir(parents=True, exist_ok=True)
        _probe(where)
        return Backend(where.location.url, _client(where.location.url), where)


def _probe(where: Place) -> None:
    """Raise at once what MLflow would raise after ten tries."""
    url = where.location.url
    if where.is_server:
        _knock(url)
        return
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql", "mysql", "mssql"):
        raise TrackingDownError(
            f"{VARIABLE}: {where.location.shown}: expected http(s)://host, postgresql://user:password@host/database"
            " or sqlite:////path/to/file.db"
        )
    timed = {"connect_timeout": PATIENCE} if parsed.get_driver_name() == "psycopg" else {}
    with sa.create_engine(parsed, poolclass=sa.NullPool, connect_args=timed).connect() as connection:
        connection.execute(sa.text("SELECT 1"))


def _knock(url: str) -> None:
    parts = urlsplit(url)
    if parts.hostname and parts.scheme in PORTS:
        socket.create_connection((parts.hostname, parts.port or PORTS[parts.scheme]), timeout=PATIENCE).close()


# Two machines that find an empty database both make its tables; the slower one fails, and then finds them made.
@retry(
    retry=retry_if_exception_type((sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.OperationalError)),
    stop=stop_after_attempt(3),
    wait=wait_random(0.1, 1.0),
    reraise=True,
)
def _client(uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_experiments(max_results=1)
    return client
