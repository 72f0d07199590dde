"""Names and values in the form that MLflow and its databases accept."""

import hashlib
import re
from pathlib import PurePosixPath

from lockstep.core.errors import LockstepError, shorten

KEY = 240  # characters of a key; MLflow takes 250, and interval bounds add a suffix
PARAM = 6000  # characters of a param's value
TAG = 8000  # characters of a tag's value
STRANGE = re.compile(r"[^\w.\- ]")
MARK = 6  # hex digits of the hash that keeps cleaned names distinct


def key(*parts: str) -> str:
    """Return the parts joined by slashes, which MLflow's pages show as groups.

    Each character that MLflow rejects becomes `_`, and a hash of the name is appended: distinct names stay distinct.
    """
    name = "/".join(_part(part) for part in parts)
    return name if len(name) <= KEY else f"{name[: KEY - MARK - 1]}-{_hash(name)}"


def value(text: str, limit: int) -> str:
    """Return a text that every database can store; one over `limit` characters is cut, and its length is appended."""
    # PostgreSQL cannot store NUL; no database can store half of a surrogate pair.
    clean = text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    if len(clean) <= limit:
        return clean
    end = f"… ({len(clean):,} characters, SHA-256 {hashlib.sha256(clean.encode()).hexdigest()})"
    return clean[: limit - len(end)] + end


def artifact(path: str) -> str:
    """Return the path of an artifact below its run.

    Raises:
        LockstepError: it leads out of the run, or has characters that a server may interpret.
    """
    parts = PurePosixPath(path).parts
    strange = "\\" in path or "%" in path or not path.isprintable()
    if not parts or path.startswith("/") or ".." in parts or strange:
        raise LockstepError(f"artifact {shorten(path, 80)!r}: expected a relative path without .., %, \\ or control")
    return "/".join(parts)


def folder(name: str) -> str:
    """Return a plain ASCII folder name for any name."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-')[:40]}-{_hash(name)}".lstrip("-")


def _part(text: str) -> str:
    clean = STRANGE.sub("_", text)
    if clean == text and text.strip(". "):
        return text
    return f"{clean.strip('. ') or '_'}-{_hash(text)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:MARK]
