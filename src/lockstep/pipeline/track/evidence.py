"""What a promotion reads beside the model itself: how it was split and asked, and how it was judged."""

import hashlib
import shutil
from pathlib import Path

from lockstep.artifacts.evaluation import NAME as EVALUATION
from lockstep.core.files import sha256
from lockstep.core.manifest import NAME as MANIFEST
from lockstep.core.workspace import Workspace

PINNED = "pinned"
"""Folder of a run's artifacts: small files of the checkout, under the names that they have there."""


def lay_out(workspace: Workspace, folder: Path) -> None:
    """Copy params.yaml and the manifest of the features into a run's artifacts."""
    there = Workspace(folder / PINNED)
    there.features.mkdir(parents=True)
    shutil.copy(workspace.params, there.params)
    shutil.copy(workspace.features / MANIFEST, there.features / MANIFEST)


def digest(params: Path, features: Path, evaluation: Path) -> str:
    """Return one SHA-256 of a params.yaml, of a folder's manifest and of a folder's verdict."""
    parts = [sha256(params), sha256(features / MANIFEST), sha256(evaluation / EVALUATION)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
