"""The default PostgreSQL driver of database URLs."""

import sqlalchemy as sa

PSYCOPG = "postgresql+psycopg"
PLAIN = ("postgresql", "postgres")
"""SQLAlchemy reads the first as psycopg 2 and rejects the second, which libpq and most hosts use."""


def with_driver(url: sa.URL) -> sa.URL:
    """Return the URL with psycopg 3 if it is PostgreSQL without a driver; else unchanged."""
    return url.set(drivername=PSYCOPG) if url.drivername in PLAIN else url
