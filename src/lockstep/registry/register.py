"""Registration: the model of a checkout, or of a git revision, becomes a version that can be verified and promoted."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import provenance, tags
from lockstep.pipeline.track.backend import Backend, connect, reaching
from lockstep.pipeline.track.gather import gather
from lockstep.pipeline.track.pins import Pins
from lockstep.pipeline.track.publish import publish
from lockstep.pipeline.track.runs import models
from lockstep.pipeline.track.writer_lock import writer_lock
from lockstep.registry.aliases import Registry, registry
from lockstep.registry.version import CHALLENGER, CHAMPION, Version, aliases, create, every, model_name
from lockstep.versioning.checkout_data import bring, share_settings
from lockstep.versioning.lockfile.lock import LOCK
from lockstep.versioning.pinned_files import faults
from lockstep.versioning.project import Project
from lockstep.versioning.worktree import resolve, worktree


@dataclass(frozen=True)
class Registered:
    """The version of a result, whether it is new, and whether it is champion."""

    version: Version
    new: bool
    serves: bool

    def __str__(self) -> str:
        made = "new" if self.new else "exists already"
        return f"{self.version} ({made}): {CHAMPION if self.serves else CHALLENGER}"


def opened(workspace: Workspace, problem: str) -> Registry:
    """Return the registry of a checkout's models.

    Raises:
        TrackingDownError: the backend does not answer.
    """
    backend = connect(workspace.root)
    with reaching(backend.location):
        return registry(backend, model_name(problem))


def register(workspace: Workspace) -> Registered:
    """Return the version of the checkout's result; it is published and registered first if needed.

    It becomes the challenger, unless it is champion. Run it again to complete the work of a killed process.

    Raises:
        LockstepError: the checkout does not hold what dvc.lock pins.
        TrackingDownError: the backend fails.
    """
    result = gather(workspace)
    book = opened(workspace, result.problem)
    run_id = publish(book.backend, result).run_id
    with reaching(book.backend.location):
        book.entries()  # moves the alias champion if it lags behind
        with writer_lock(book.backend.place, f"versions of {book.model}"):
            version, new = _version(book.backend, book.model, run_id, _commit(workspace))
            now = aliases(book.backend, book.model)
            serves = now.get(CHAMPION) == version.number
            if not serves and now.get(CHALLENGER) != version.number:
                book.backend.client.set_registered_model_alias(book.model, CHALLENGER, str(version.number))
    return Registered(version, new, serves)


def _version(backend: Backend, model: str, run_id: str, commit: Mapping[str, str]) -> tuple[Version, bool]:
    """Return the version of a run, and whether it is new."""
    found = next((version for version in every(backend, model) if version.run_id == run_id), None)
    if found is None:
        run = backend.client.get_run(run_id)
        logged = models(backend, run)
        if len(logged) != 1:
            raise LockstepError(f"run {run_id}: has {len(logged)} models; expected 1: `lockstep track` logs it")
        return create(backend, model, run, backend.client.get_logged_model(logged[0]), commit), True
    if found.tags.get(tags.DIRTY) != "false" and commit.get(tags.DIRTY) == "false":
        # The changes that were not committed then are committed now.
        for name in (tags.COMMIT, tags.DIRTY):
            backend.client.set_model_version_tag(model, str(found.number), name, commit[name])
    return found, False


def _commit(workspace: Workspace) -> dict[str, str]:
    """Return the tags of the commit of the result; dirty if the lock or an input is not committed."""
    found = provenance.commit(workspace.root, [*Pins.read(workspace.root).reads, LOCK])
    return {name: found[name] for name in (tags.COMMIT, tags.DIRTY) if name in found}


def register_revision(workspace: Workspace, revision: str) -> Registered:
    """Return the version of what a revision pins, registered from a separate worktree.

    Raises:
        LockstepError: there is no such revision, or neither DVC's cache nor its remote has all that it pins.
    """
    root = workspace.root.resolve()
    project = Project(root)
    commit = resolve(root, revision)
    pins = list(project.at(commit, revision).lock.outs.values())
    with worktree(root, f"register-{commit[:12]}", commit) as tree:
        share_settings(root, tree)
        notes = list(bring(project, tree, pins))
        wrong = faults(tree, pins, project.cache)
        if wrong:
            lacking = [f"{fault.path}: {fault.kind}" for fault in wrong]
            raise LockstepError(
                f"{revision}: {len(wrong)} of its files are not in DVC's cache or remote", [*lacking, *notes]
            )
        return register(Workspace(tree))
