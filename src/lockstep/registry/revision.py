"""The model of a git revision becomes a version: what it pins is brought beside the user's checkout, and published."""

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.registry.register import Registered, register
from lockstep.versioning.checkout_data import bring, share_settings
from lockstep.versioning.pinned_files import faults
from lockstep.versioning.project import Project
from lockstep.versioning.worktree import resolve, worktree


def register_revision(workspace: Workspace, revision: str) -> Registered:
    """Return the version of what a revision pins; the user's files, index and branches stay as they are.

    Raises:
        LockstepError: there is no such revision, or neither DVC's cache nor its remote has all that it pins.
    """
    root = workspace.root.resolve()
    project = Project(root)
    commit = resolve(root, revision)
    pins = list(project.at(commit, revision).lock.outs.values())
    with worktree(root, f"register-{commit[:12]}", commit) as tree:
        share_settings(root, tree)
        said = list(bring(project, tree, pins))
        wrong = faults(tree, pins, project.cache)
        if wrong:
            lacking = [f"{fault.path}: {fault.kind}" for fault in wrong]
            raise LockstepError(
                f"{revision}: {len(wrong)} of its files cannot be brought from DVC's cache or remote", [*lacking, *said]
            )
        return register(Workspace(tree))
