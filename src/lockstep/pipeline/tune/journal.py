"""A study in a file: Optuna's journal, read once and then only added to, by the one worker that holds the study."""

import json
from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock  # the base is not in the public names

from lockstep.core.errors import LockstepError


class _Held(BaseJournalFileLock):  # type: ignore[misc]
    """No lock: the study's own is held already, and the kernel drops that one when its worker is killed."""

    def acquire(self) -> bool:
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


def open_journal(path: Path) -> JournalStorage:
    """Return the study's storage; a last line that a killed worker left unfinished is dropped.

    Raises:
        LockstepError: the file is no journal.
    """
    _drop_unfinished(path)
    try:
        return JournalStorage(JournalFileBackend(str(path), _Held()))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise LockstepError(
            f"{path}: expected the journal of a search, one JSON object per line; got {type(error).__name__}: {error}",
            ["without this file, `lockstep stage tune` reruns all trials"],
        ) from None


def _drop_unfinished(path: Path) -> None:
    if not path.is_file():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
