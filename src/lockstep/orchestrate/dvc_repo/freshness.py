"""Whether a stage is up to date by DVC's own judgement, and a key for its state."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.orchestrate.dvc_repo.graph import find
from lockstep.orchestrate.dvc_repo.repository import opened

if TYPE_CHECKING:
    from dvc.stage import Stage


@dataclass(frozen=True)
class Freshness:
    """DVC's status of a stage."""

    fresh: bool
    """Command, deps, params and outputs are as in `dvc.lock`: `dvc repro` would skip the stage."""
    key: str
    """SHA-256 of the hashes in DVC's lock: command, deps (code among them), params and outputs."""
    outs: Mapping[str, str]
    """Output -> hash, as pinned; empty before the first run."""


def look(root: Path, name: str) -> Freshness:
    """Ask DVC about one stage.

    Raises:
        LockstepError: DVC cannot read the pipeline, or has no such stage.
        TransientError: DVC's lock is held.
    """
    with opened(root) as repo:
        stage = find(repo, name)
        outs = {str(out.def_path): out.hash_info.value for out in stage.outs if out.hash_info}
        return Freshness(fresh=not stage.changed(), key=_key(name, stage), outs=outs)


def _key(name: str, stage: "Stage") -> str:
    pinned = {
        "stage": name,
        "cmd": stage.cmd,
        "deps": [_hash_of(dep) for dep in stage.deps],
        "outs": [_hash_of(out) for out in stage.outs],
    }
    return hashlib.sha256(json.dumps(pinned, sort_keys=True, default=str).encode()).hexdigest()


def _hash_of(entry: object) -> list[object]:
    # A params entry has no hash of a file: its hash is the mapping of keys to values.
    return [str(entry.def_path), entry.hash_info.value]  # type: ignore[attr-defined]
