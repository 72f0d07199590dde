"""A version's files, brought here and proven to be those that were registered, before anything is loaded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lockstep.errors import LockstepError
from lockstep.files import sha256
from lockstep.manifest import check_digest
from lockstep.models.bundle import GRAPH, SIGNATURE, read_signature
from lockstep.registry.version import Version
from lockstep.tracking import evidence, tags
from lockstep.tracking.backend import Backend
from lockstep.tracking.files import BUNDLE
from lockstep.tracking.names import artifact
from lockstep.tracking.runs import models
from lockstep.workspace import Workspace

PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth")
HEADS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How a pickle begins, since protocol 2."""
OLD = re.compile(rb"[\]\(\}l]*c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n")
"""How one of protocol 0 or 1 begins that could do harm: by naming what it would call."""
EVALUATION = "evaluation"


@dataclass(frozen=True)
class Fetched:
    """Where the files of a proven version lie."""

    version: Version
    folder: Path

    @property
    def model(self) -> Path:
        """The bundle: signature, graph, native files."""
        return self.folder / BUNDLE

    @property
    def pinned(self) -> Workspace:
        """Of params.yaml and the manifest of the features that it was made from."""
        return Workspace(self.folder / evidence.PINNED)

    @property
    def evaluation(self) -> Path:
        """The verdict of its gate."""
        return self.folder / EVALUATION


def fetch(backend: Backend, version: Version, folder: Path) -> Fetched:
    """Return the files of a version, downloaded to an empty folder.

    Raises:
        LockstepError: refused: a digest is not the registered one, a file is a pickle, or a name leads elsewhere.
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
    for part in (BUNDLE, evidence.PINNED, EVALUATION):
        for path in _listed(backend, version, part):
            refuse_name(path)
        backend.client.download_artifacts(version.run_id, part, str(folder))
    for file in _files(folder):
        refuse_pickle(file)


def _listed(backend: Backend, version: Version, part: str) -> Iterator[str]:
    waiting = [part]
    while waiting:
        for info in backend.client.list_artifacts(version.run_id, waiting.pop()):
            if info.is_dir:
                waiting.append(artifact(info.path))
            yield info.path


def _prove_source(backend: Backend, version: Version, folder: Path) -> None:
    """Prove the files that MLflow itself would load for this version."""
    from mlflow.artifacts import download_artifacts

    run = backend.client.get_run(version.run_id)
    own = {backend.client.get_logged_model(one).artifact_location for one in models(backend, run)}
    if version.source not in own:
        shown = urlsplit(version.source)
        raise LockstepError(f"its source {shown.scheme}:…{shown.path[-60:]} is not the model of run {version.run_id}")
    folder.mkdir()
    download_artifacts(artifact_uri=version.source, dst_path=str(folder), tracking_uri=backend.uri)
    files = list(_files(folder))
    for path in files:
        refuse_name(path.relative_to(folder).as_posix())
        refuse_pickle(path)
    graphs = [path for path in files if path.suffix == ".onnx"]
    if len(graphs) != 1:
        raise LockstepError(f"the model that MLflow would load has {len(graphs)} ONNX graphs; expected 1")
    _same(graphs[0], version.tag(tags.GRAPH), f"the {GRAPH} that MLflow would load")


def _prove_bundle(version: Version, bundle: Path) -> None:
    if not (bundle / SIGNATURE).is_file():
        raise LockstepError(f"{BUNDLE}/{SIGNATURE} is missing from run {version.run_id}")
    _same(bundle / SIGNATURE, version.tag(tags.MODEL), f"{BUNDLE}/{SIGNATURE}")
    digests = read_signature(bundle).digests
    for name, digest in digests.items():
        check_digest(bundle / artifact(name), digest)
    strange = {path.name for path in bundle.iterdir()} - {SIGNATURE, *digests}
    if strange:
        raise LockstepError(f"{BUNDLE}/ holds files that the signature does not know", sorted(strange)[:5])


def _prove_evidence(found: Fetched) -> None:
    pinned = found.pinned
    try:
        there = evidence.digest(pinned.params, pinned.features, found.evaluation)
    except OSError as error:
        raise LockstepError(
            f"{evidence.PINNED}/ of run {found.version.run_id} is not whole: {error.strerror}"
        ) from error
    if there != found.version.tag(tags.EVIDENCE):
        raise LockstepError("its params.yaml, manifest or evaluation is not the registered one")


def _same(path: Path, digest: str, what: str) -> None:
    found = sha256(path)
    if found != digest:
        raise LockstepError(f"{what}: expected SHA-256 {digest}, got {found}")


def refuse_name(name: str) -> None:
    """Raise if a file's name leads out of its folder, or is one of a pickle.

    Raises:
        LockstepError: it does.
    """
    artifact(name)
    if name.lower().endswith(PICKLES):
        raise LockstepError(f"{name[-80:]}: a pickle may run code when it is loaded")


def refuse_pickle(path: Path) -> None:
    """Raise if a file is a pickle, whatever it is called.

    Raises:
        LockstepError: it is.
    """
    with path.open("rb") as file:
        head = file.read(2)
        file.seek(0)
        if head in HEADS or _is_old_pickle(file.read(4096)):
            raise LockstepError(f"{path.name}: a pickle may run code when it is loaded")


def _is_old_pickle(head: bytes) -> bool:
    """Tell whether a file begins like a pickle of protocol 0 or 1, which has no mark: it names what it would call."""
    return bool(OLD.match(head))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise LockstepError(f"{path.name}: a link; expected a file")
        if path.is_file():
            yield path
