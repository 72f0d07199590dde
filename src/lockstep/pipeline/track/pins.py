"""What dvc.lock pins: outputs, parameters, and the fingerprint of both."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import unexpanded
from lockstep.versioning.hashes.content_hash import content_hash
from lockstep.versioning.lockfile.lock import LOCK, lock_text, read_stages

OWN = "track"  # the publishing stage is not part of the result


@dataclass(frozen=True)
class Pins:
    """The stages of dvc.lock without `track`."""

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, root: Path) -> "Pins":
        """Return what the checkout at `root` pins.

        Raises:
            LockstepError: dvc.lock is missing or damaged.
        """
        stages = read_stages(lock_text(root), str(root / LOCK))
        return cls({name: entry for name, entry in stages.items() if name != OWN})

    @property
    def outputs(self) -> dict[str, str]:
        """Path -> DVC's hash."""
        return {out["path"]: out["md5"] for entry in self.stages.values() for out in entry.get("outs", [])}

    @property
    def reads(self) -> list[str]:
        """The paths that stages read and no stage writes."""
        found = {dep["path"] for entry in self.stages.values() for dep in entry.get("deps", [])}
        return sorted(found - set(self.outputs))

    @property
    def params(self) -> dict[str, str]:
        """Dotted key -> value as text, for each key that a stage tracks; lists as JSON, URLs without passwords."""
        values: dict[str, Any] = {}
        for entry in self.stages.values():
            for key, value in entry.get("params", {}).get("params.yaml", {}).items():
                values |= dict(_flat(key, value))
        return {key: _text(values[key]) for key in sorted(values)}

    @property
    def digests(self) -> dict[str, str]:
        """Stage -> SHA-256 of its entry: command, code, parameters, inputs, outputs."""
        return {name: _digest(entry) for name, entry in self.stages.items()}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of outputs and parameters; a code change with the same outputs keeps it."""
        params = {name: entry.get("params", {}) for name, entry in self.stages.items()}
        return _digest({"outputs": self.outputs, "params": params})

    def check(self, root: Path, *paths: Path) -> None:
        """Check that the files at `paths` are the pinned ones.

        Raises:
            LockstepError: one line per path that is missing, changed or not pinned.
        """
        pinned = self.outputs
        names = {path.relative_to(root).as_posix(): path for path in paths}
        faults = [
            f"{name}: {'missing' if not path.exists() else 'differs'}"
            for name, path in names.items()
            if name not in pinned or content_hash(root, path) != pinned[name]
        ]
        if faults:
            raise LockstepError(f"{LOCK}: the workspace does not hold the pinned result; run `dvc repro`", faults)


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner)
    else:
        yield key, value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return unexpanded(value) if "://" in value else value
    return json.dumps(value, ensure_ascii=False)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
