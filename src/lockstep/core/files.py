"""Atomic writes, JSON, and SHA-256 of files."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lockstep.core.errors import LockstepError, TransientError
from lockstep.core.file_lock import file_lock

LOCK_PATIENCE = 120.0  # seconds a writer waits for another one of the same output

M = TypeVar("M", bound=BaseModel)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dump_json(value: Any) -> str:
    """Return canonical JSON: two spaces, keys in the order given, no NaN, final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """Return the parsed file.

    Raises:
        LockstepError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LockstepError(f"{path}: missing; run `dvc repro`") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LockstepError(f"{path}: damaged, not readable as JSON ({error})") from error


def read_model(model: type[M], path: Path) -> M:
    """Return the file, parsed as `model`.

    Raises:
        LockstepError: the file is missing or damaged.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        raise LockstepError(f"{path}: damaged, {error.error_count()} invalid fields") from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it onto `path` only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _full_disk_named(path), _locked(path):
        partial = path.with_name(f".{path.name}.partial")
        partial.unlink(missing_ok=True)
        try:
            yield partial
            _sync(partial)
            partial.replace(path)
            _sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Yield an empty temporary directory beside `path`; it becomes `path` only if the block succeeds.

    One writer at a time: a second one waits, so that a process left over from a killed run and
    the run that follows it never write the same output together.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _full_disk_named(path), _locked(path):
        partial = path.with_name(f".{path.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield partial
            for file in sorted(partial.rglob("*")):
                _sync(file)
            shutil.rmtree(path, ignore_errors=True)
            partial.replace(path)
            _sync(path.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as canonical JSON, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(dump_json(value), encoding="utf-8")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _full_disk_named(path: Path) -> Iterator[None]:
    """Name the file when the disk is full: the libraries' errors do not."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise LockstepError(f"{path}: the disk is full; the previous version is unchanged") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of the writers of `path`."""
    lock = path.with_name(f".{path.name}.lock")
    busy = f"{path}: still being written by process"
    with file_lock(lock, LOCK_PATIENCE, lambda process: TransientError(f"{busy} {process}")):
        yield
