"""Where runs are kept: at MLFLOW_TRACKING_URI, or in a SQLite database of this checkout."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import sqlalchemy as sa

from lockstep.core.source_url import Location
from lockstep.core.urls import PLAIN, PSYCOPG

VARIABLE = "MLFLOW_TRACKING_URI"
ARTIFACTS = "MLFLOW_DEFAULT_ARTIFACT_ROOT"
"""MLflow's own variable: where the files of runs go when runs are in a database, such as s3://bucket/path."""
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
TEMPORARY = ((".lockstep", "worktrees"), (".dvc", "tmp", "exps"))
"""Where Lockstep and `dvc exp run --temp` put temporary checkouts, inside the main one."""


@dataclass(frozen=True)
class Place:
    """Address of a tracking backend.

    Attributes:
        location: its URI, and the form without password.
        artifacts: where the files of a new experiment go; None: the server decides.
        lock: lock file of the writers on this machine.
    """

    location: Location
    artifacts: str | None
    lock: Path

    @property
    def is_server(self) -> bool:
        """Whether the address is an MLflow server, not a database."""
        return self.location.url.startswith(("http://", "https://", "databricks"))

    @property
    def is_exclusive(self) -> bool:
        """Whether a lock prevents two writers at the same time."""
        return self.is_postgres or self.location.url.startswith("sqlite")

    @property
    def is_postgres(self) -> bool:
        """Whether it is a PostgreSQL database."""
        return self.location.url.startswith("postgresql")


def place(root: Path) -> Place:
    """Return where the runs of the checkout at `root` are kept; creates nothing, connects to nothing."""
    scratch = main_checkout(root) / ".lockstep"
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


def main_checkout(root: Path) -> Path:
    """Return the absolute path of `root`, or of the checkout that it is a temporary copy of."""
    path = root.resolve()
    for parent in path.parents:
        below = path.relative_to(parent).parts
        if any(below[: len(inside)] == inside for inside in TEMPORARY):
            return parent
    return path


def _lock(url: str) -> Path | None:
    """Return the lock file of a SQLite database, which several checkouts may share."""
    file = sa.make_url(url).database if url.startswith("sqlite:") else None
    return Path(f"{Path(file).resolve()}.lock") if file else None


def located(uri: str) -> Location:
    """Return a URI with psycopg 3 as its default PostgreSQL driver; it is shown without its password."""
    scheme, _, rest = uri.partition("://")
    url = f"{PSYCOPG}://{rest}" if scheme in PLAIN else uri
    secrets = {os.environ[name] for name in SECRETS if os.environ.get(name)} | _passwords(uri)
    masks = {form: "***" for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""))}
    plain = Location(url, "").masking(masks)
    return Location(url, plain.redact(uri), plain.masks)


def _passwords(uri: str) -> set[str]:
    """Return the passwords of a URI, before the @ or among the parameters, even if the URI is malformed."""
    head, _, query = uri.partition("?")
    named = {value for name, _, value in (part.partition("=") for part in query.split("&")) if "pass" in name}
    credentials, at, _ = head.partition("://")[2].rpartition("@")
    try:
        found = urlsplit(uri).password
    except ValueError:
        found = None
    return {secret for secret in (*named, found, credentials.partition(":")[2] if at else None) if secret}
