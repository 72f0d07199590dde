"""Where runs are kept: what MLFLOW_TRACKING_URI says, or a database of this checkout."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import sqlalchemy as sa

from lockstep.core.source_url import Location
from lockstep.core.urls import PLAIN, PSYCOPG
from lockstep.pipeline.track.main_checkout import home

VARIABLE = "MLFLOW_TRACKING_URI"
ARTIFACTS = "MLFLOW_DEFAULT_ARTIFACT_ROOT"
"""MLflow's own name: where a server without one of its own keeps files, such as s3://bucket/path."""
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


@dataclass(frozen=True)
class Place:
    """A backend that can be connected to.

    Attributes:
        location: its URI, and how that may be shown.
        artifacts: where the files of a new experiment go; None: the server knows.
        lock: file that the writers of this machine hold, one at a time.
    """

    location: Location
    artifacts: str | None
    lock: Path

    @property
    def is_server(self) -> bool:
        """Whether an MLflow server stands before the database."""
        return self.location.url.startswith(("http://", "https://", "databricks"))

    @property
    def is_exclusive(self) -> bool:
        """Whether writers can be kept from writing at the same time."""
        return self.is_postgres or self.location.url.startswith("sqlite")

    @property
    def is_postgres(self) -> bool:
        """Whether it is a PostgreSQL database."""
        return self.location.url.startswith("postgresql")


def place(root: Path) -> Place:
    """Return where the runs of the checkout at `root` are kept; makes nothing, asks nobody."""
    scratch = home(root) / ".lockstep"
    folder = (scratch / "artifacts").as_uri()
    given = os.environ.get(VARIABLE)
    if not given:
        file = str(scratch / "mlflow.db")
        url = str(sa.URL.create("sqlite", database=file))
        return Place(Location(url, file), folder, scratch / "track.lock")
    location = located(given)
    server = location.url.startswith(("http://", "https://", "databricks"))
    artifacts = None if server else os.environ.get(ARTIFACTS, folder)
    return Place(location, artifacts, _lock(location.url) or scratch / "track.lock")


def _lock(url: str) -> Path | None:
    """Return a file beside a SQLite database, which several checkouts may write to."""
    file = sa.make_url(url).database if url.startswith("sqlite:") else None
    return Path(f"{Path(file).resolve()}.lock") if file else None


def located(uri: str) -> Location:
    """Return a URI with the driver that it means, and without its password where it is shown."""
    scheme, _, rest = uri.partition("://")
    url = f"{PSYCOPG}://{rest}" if scheme in PLAIN else uri
    secrets = {os.environ[name] for name in SECRETS if os.environ.get(name)} | _passwords(uri)
    masks = {form: "***" for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""))}
    plain = Location(url, "").masking(masks)
    return Location(url, plain.redact(uri), plain.masks)


def _passwords(uri: str) -> set[str]:
    """Return what stands for a password in a URI, before the @ or among the parameters, also of one that is damaged."""
    head, _, query = uri.partition("?")
    named = {value for name, _, value in (part.partition("=") for part in query.split("&")) if "pass" in name}
    credentials, at, _ = head.partition("://")[2].rpartition("@")
    try:
        found = urlsplit(uri).password
    except ValueError:
        found = None
    return {secret for secret in (*named, found, credentials.partition(":")[2] if at else None) if secret}
