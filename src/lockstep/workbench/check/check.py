"""`lockstep check`: fast checks before a commit, on the files of the checkout."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lockstep.core.errors import LockstepError, shorten
from lockstep.core.workspace import Workspace
from lockstep.versioning.hashes.content_hash import content_hash
from lockstep.versioning.lockfile.lock import LOCK, read_lock
from lockstep.versioning.lockfile.yaml_reader import parse
from lockstep.workbench.check import big_files, coverage, freshness, parses
from lockstep.workbench.check.finding import Finding, Skipped
from lockstep.workbench.check.libraries import libraries
from lockstep.workbench.check.secrets import secrets

SHOWN = 20  # findings: a screen


@dataclass(frozen=True)
class Checked:
    """What all rules found, and those that do not apply."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...] = ()

    def lines(self) -> list[str]:
        """Return what to print: at most one screen, and the number of findings that are left out."""
        shown = [f"{one.rule}: {shorten(one.where)}: expected {shorten(one.expected)}" for one in self.findings[:SHOWN]]
        left = len(self.findings) - len(shown)
        more = [f"... and {left} more"] if left else []
        return [*shown, *more, *(f"{one.rule}: not checked: {one.why}" for one in self.skipped)]


def check(workspace: Workspace) -> Checked:
    """Return what is wrong in a project.

    Raises:
        LockstepError: this is not the root of one.
    """
    root = workspace.root
    if not (root / "dvc.yaml").is_file():
        raise LockstepError("check: no dvc.yaml here; run in the project's root")
    params = parses.params(workspace)
    found: list[Sequence[Finding | Skipped]] = [
        params if isinstance(params, list) else parses.contracts(workspace, params),
        _pipeline(root),
        _secrets(workspace.params),
        _sizes(root),
    ]
    results = [one for some in found for one in some]
    findings = (one for one in results if isinstance(one, Finding))
    return Checked(tuple(findings), tuple(one for one in results if isinstance(one, Skipped)))


def _pipeline(root: Path) -> list[Finding | Skipped]:
    try:
        pipeline = _document(root / "dvc.yaml").get("stages") or {}
        lock = read_lock(_text(root / LOCK), LOCK)
    except (LockstepError, ValueError) as error:
        return [Finding(freshness.RULE, str(error), "files that DVC reads")]
    covered = coverage.covers(root, pipeline)

    @cache
    def hash_of(path: str) -> str | None:
        return content_hash(root, root / path)

    @cache
    def values_of(file: str) -> dict[str, Any]:
        return _document(root / file)

    try:
        fresh = freshness.fresh(pipeline, lock, hash_of, values_of)
    except ValueError as error:
        fresh = [Finding(freshness.RULE, str(error), "params that can be read")]
    rules = covered, libraries(root, pipeline)
    return [*(one for rule in rules for one in ([rule] if isinstance(rule, Skipped) else rule)), *fresh]


def _secrets(path: Path) -> list[Finding]:
    text = _text(path)
    try:
        return secrets(text, parse(text), path.name)
    except ValueError:  # the rule `params` reports it
        return secrets(text, {}, path.name)


def _sizes(root: Path) -> list[Finding | Skipped]:
    found = big_files.sizes(root)
    return [found] if isinstance(found, Skipped) else [*big_files.big(found)]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _document(path: Path) -> dict[str, Any]:
    try:
        return parse(_text(path))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
