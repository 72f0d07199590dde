"""The shop as a SQLite file whose bytes depend on size and seed alone."""

from pathlib import Path

import sqlalchemy as sa

from lockstep.core.progress import Advance, ignore
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.database import Written, write

# https://www.sqlite.org/fileformat2.html: numbers are big-endian
HEADER = 100
PAGE_SIZE = slice(16, 18)
CHANGE_COUNTER = slice(24, 28)
VERSION_VALID_FOR = slice(92, 96)
WRITTEN_BY = slice(96, 100)
SOME_VERSION = 3_040_000
PAGE_HEADERS = {2: 12, 5: 12, 10: 8, 13: 8}  # size of the header by kind of b-tree page


def write_file(path: Path, spec: SimulateSpec, seed: int, advance: Advance = ignore) -> dict[str, Written]:
    """Write the shop to a new SQLite file and return what was written, by table.

    Raises:
        LockstepError: see `database.write`.
    """
    written = write(sa.URL.create("sqlite", database=str(path)), spec, seed, advance=advance)
    _seal(path)
    return written


def _seal(path: Path) -> None:
    """Overwrite what differs between versions of SQLite: version numbers in the header, and unused space."""
    with path.open("r+b") as file:
        page = bytearray(file.read(HEADER))
        size = int.from_bytes(page[PAGE_SIZE], "big")
        for place in range(0, path.stat().st_size, size):
            file.seek(place)
            page = bytearray(file.read(size))
            if place == 0:
                for field, number in ((CHANGE_COUNTER, 1), (VERSION_VALID_FOR, 1), (WRITTEN_BY, SOME_VERSION)):
                    page[field] = number.to_bytes(4, "big")
            _clear_gap(page, HEADER if place == 0 else 0)
            file.seek(place)
            file.write(page)


def _clear_gap(page: bytearray, start: int) -> None:
    """Fill the gap between the list of a page's cells and the cells with zeros: it may hold stale bytes."""
    if page[start] in PAGE_HEADERS:
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        first, last = start + PAGE_HEADERS[page[start]] + 2 * cells, int.from_bytes(page[start + 5 : start + 7], "big")
        page[first:last] = bytes(last - first)
