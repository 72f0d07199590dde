"""Database URLs: the driver that a plain one means, the same wherever one is taken."""

import sqlalchemy as sa

PSYCOPG = "postgresql+psycopg"
PLAIN = ("postgresql", "postgres")
"""SQLAlchemy takes the first for psycopg 2, and does not know the second, which libpq and most hosts write."""


def with_driver(url: sa.URL) -> sa.URL:
    """Return the URL with psycopg 3 where it asks for PostgreSQL and names no driver; else as it is."""
    return url.set(drivername=PSYCOPG) if url.drivername in PLAIN else url
