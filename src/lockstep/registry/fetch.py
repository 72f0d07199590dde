"""Downloads the files of a version and verifies that they are the registered ones, before anything is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lockstep.artifacts.bundle import GRAPH, SIGNATURE, read_signature
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.files import sha256
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.files import BUNDLE, PINNED, evidence_digest
from lockstep.pipeline.track.names import artifact
from lockstep.pipeline.track.runs import models
from lockstep.registry.pickles import has_name, is_pickle
from lockstep.registry.served import check_served
from lockstep.registry.version import Version

EVALUATION = "evaluation"
HARM = "a pickle may run code when it is loaded"


@dataclass(frozen=True)
class Fetched:
    """The folder with the verified files of a version."""

    version: Version
    folder: Path

    @property
    def model(self) -> Path:
        """The model: signature, graph, native files."""
        return self.folder / BUNDLE

    @property
    def pinned(self) -> Workspace:
        """A workspace with its params.yaml and the manifest of its features."""
        return Workspace(self.folder / PINNED)

    @property
    def evaluation(self) -> Path:
        """The folder with its evaluation."""
        return self.folder / EVALUATION


def fetch(backend: Backend, version: Version, folder: Path) -> Fetched:
    """Return the files of a version, downloaded to an empty folder.

    Raises:
        LockstepError: refused: a digest differs, a file is a pickle, or a name leads out of its folder.
    """
    try:
        _download(backend, version, folder)
        _prove_source(backend, version, folder / "served")
        found = Fetched(version, folder)
        _prove_bundle(version, found.model)
        _prove_evidence(found)
    except LockstepError as error:
        if str(error).startswith(str(version)):
            raise
        raise LockstepError(f"{version}: refused: {error.args[0]}", error.details) from error
    return found


def _download(backend: Backend, version: Version, folder: Path) -> None:
    for name in (tags.MODEL, tags.GRAPH, tags.EVIDENCE):
        version.tag(name)
    _check_run(backend, version)
    for part in (BUNDLE, PINNED, EVALUATION):
        if not _check_names(lambda path: backend.client.list_artifacts(version.run_id, path), part):
            raise LockstepError(f"run {version.run_id} has no {part}/")
        backend.client.download_artifacts(version.run_id, part, str(folder))
    _check_files(folder)


def _check_run(backend: Backend, version: Version) -> None:
    from mlflow.exceptions import MlflowException

    if not version.run_id:
        raise LockstepError("it has no run")
    try:
        backend.client.get_run(version.run_id)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise LockstepError(f"its run {shorten(version.run_id, 40)} was deleted") from error


def _check_names(listing: Callable[[str | None], Sequence[Any]], part: str | None) -> int:
    """Refuse listed names that lead out of the folder, before the download; return the number of names."""
    waiting, count = [part], 0
    while waiting:
        for info in listing(waiting.pop()):
            refuse_name(info.path)
            count += 1
            if info.is_dir:
                waiting.append(info.path)
    return count


def _check_files(folder: Path) -> None:
    """Refuse links and pickles."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise LockstepError(f"{path.name}: a link; expected a file")
        if path.is_file():
            refuse_pickle(path)


def _prove_source(backend: Backend, version: Version, folder: Path) -> None:
    """Verify the files that MLflow itself loads for this version."""
    from mlflow.artifacts import download_artifacts

    run = backend.client.get_run(version.run_id)
    own = {backend.client.get_logged_model(one).artifact_location: one for one in models(backend, run)}
    if version.source not in own:
        shown = urlsplit(version.source)
        raise LockstepError(f"its source {shown.scheme}:…{shown.path[-60:]} is not the model of run {version.run_id}")
    _check_names(lambda path: backend.client.list_logged_model_artifacts(own[version.source], path), None)
    folder.mkdir()
    served = Path(download_artifacts(artifact_uri=version.source, dst_path=str(folder), tracking_uri=backend.uri))
    _check_files(served)
    check_served(served)
    _same(served / GRAPH, version.tag(tags.GRAPH), f"the {GRAPH} that MLflow loads")


def _prove_bundle(version: Version, bundle: Path) -> None:
    if not (bundle / SIGNATURE).is_file():
        raise LockstepError(f"{BUNDLE}/{SIGNATURE} is missing from run {version.run_id}")
    _same(bundle / SIGNATURE, version.tag(tags.MODEL), f"{BUNDLE}/{SIGNATURE}")
    digests = read_signature(bundle).digests
    for name, digest in digests.items():
        _same(bundle / artifact(name), digest, f"{BUNDLE}/{name}")
    strange = {path.name for path in bundle.iterdir()} - {SIGNATURE, *digests}
    if strange:
        raise LockstepError(f"{BUNDLE}/ has files that are not in the signature", sorted(strange)[:5])


def _prove_evidence(found: Fetched) -> None:
    pinned = found.pinned
    try:
        there = evidence_digest(pinned.params, pinned.features, found.evaluation)
    except OSError as error:
        raise LockstepError(f"{PINNED}/ of run {found.version.run_id} is incomplete: {error.strerror}") from error
    if there != found.version.tag(tags.EVIDENCE):
        raise LockstepError("its params.yaml, manifest or evaluation differs from the registered one")


def _same(path: Path, digest: str, what: str) -> None:
    found = sha256(path) if path.is_file() else "nothing"
    if found != digest:
        raise LockstepError(f"{what}: expected SHA-256 {digest}, got {found}")


def refuse_name(name: str) -> None:
    """Raise if a file's name leads out of its folder, or is that of a pickle.

    Raises:
        LockstepError: it does.
    """
    artifact(name)
    if has_name(name):
        raise LockstepError(f"{shorten(name[-80:])}: {HARM}")


def refuse_pickle(path: Path) -> None:
    """Raise if a file is a pickle, by name or by content.

    Raises:
        LockstepError: it is.
    """
    if has_name(path.name) or is_pickle(path):
        raise LockstepError(f"{shorten(path.name, 80)}: {HARM}")
