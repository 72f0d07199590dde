"""Pinned files of both sides from DVC's cache, verified by their hashes and read as data only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import ABSENT, DAMAGED, Cache, Unknown
from lockstep.versioning.hashes.content_hash import file_hash
from lockstep.workbench.review.side import Side

M = TypeVar("M", bound=BaseModel)


FAULTS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, StopIteration, TypeError, ValueError)
"""Errors of libraries on malformed files: a revision under review may hold anything."""


class LeftOut(LockstepError):  # noqa: N818 # what becomes of a part, not a failure of the review
    """One part of the review cannot be made, and why; the other parts can."""


@dataclass(frozen=True)
class Store:
    """Files of pinned folders, by side, folder and name."""

    cache: Cache

    def path(self, side: Side, folder: Path, name: str) -> Path:
        """Return the path of a pinned file in the cache.

        Raises:
            LeftOut: it is not pinned, not in the cache, or not what was pinned.
        """
        md5 = self._hash(side, folder, name)
        path = self.cache.path(md5)
        if not path.is_file():
            raise LeftOut(_absent(side, folder, name, ABSENT))
        if file_hash(path) != md5:
            raise LeftOut(_absent(side, folder, name, DAMAGED))
        return path

    def json(self, side: Side, folder: Path, name: str) -> Any:
        """Return the content of a JSON file.

        Raises:
            LeftOut: it is not available.
        """
        found = self.cache.json(self._hash(side, folder, name))
        if isinstance(found, Unknown):
            raise LeftOut(_absent(side, folder, name, found.reason))
        return found

    def model(self, model: type[M], side: Side, folder: Path, name: str) -> M:
        """Return a JSON file as a model.

        Raises:
            LeftOut: it is not available, or is of another version of Lockstep.
        """
        try:
            return model.model_validate(self.json(side, folder, name))
        except ValidationError as error:
            reason = f"written by another version ({error.error_count()} fields differ)"
            raise LeftOut(_absent(side, folder, name, reason)) from error

    def _hash(self, side: Side, folder: Path, name: str) -> str:
        pin = side.pin(folder)
        if pin is None:
            raise LeftOut(f"{side.name} pins no {folder}")
        listing = self.cache.listing(pin.md5)
        if isinstance(listing, Unknown):
            raise LeftOut(_absent(side, folder, "", listing.reason))
        for entry in listing:
            if entry.path == name:
                return entry.md5
        raise LeftOut(_absent(side, folder, name, "not in the pinned folder"))


def _absent(side: Side, folder: Path, name: str, reason: str) -> str:
    return f"{folder / name} of {side.name} is {reason}"
