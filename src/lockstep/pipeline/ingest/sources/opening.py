"""From `source.url` to an open source."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.core.source_url import locate, redacting
from lockstep.pipeline.ingest.sources.base import Source


@contextmanager
def open_source(url: str, root: Path) -> Iterator[Source]:
    """Open a database, or a folder or file of tables, for one consistent reading.

    Args:
        url: an SQLAlchemy URL or a path, with `${VAR}` from the environment.
        root: what a relative path is relative to.

    Raises:
        LockstepError: a variable is not set, or there is nothing to read.
        UnreachableError: the database cannot be reached.
    """
    location = locate(url, os.environ)
    with redacting(location):
        if "://" not in location.url:
            from lockstep.pipeline.ingest.sources.folder import Folder

            yield Folder(root / Path(location.url).expanduser(), location.shown)
            return
    from lockstep.pipeline.ingest.sources.database import open_database

    with open_database(location, root) as database:
        yield database
