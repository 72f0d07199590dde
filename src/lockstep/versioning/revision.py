"""Revisions, and their outputs copied from DVC's cache or remote; the checkout is not touched."""

from dataclasses import dataclass
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError, closest, shorten
from lockstep.core.workspace import Workspace
from lockstep.versioning.cache import Unknown
from lockstep.versioning.checkout_data import copy
from lockstep.versioning.fetch import Wanted, fetch
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.pinned_files import faults
from lockstep.versioning.project import WORKSPACE, Project
from lockstep.versioning.worktree import resolve

EXPERIMENTS = "refs/exps/"
HASH = 40  # hex digits of a commit
NAME = 80  # characters shown of what the user typed


@dataclass(frozen=True)
class Revision:
    """A revision: its name, and its commit; None for the checkout itself."""

    name: str
    commit: str | None

    @property
    def shown(self) -> str:
        """The name, with the short hash unless the name is the hash."""
        return (
            self.name
            if self.commit is None or self.commit.startswith(self.name)
            else f"{self.name} ({self.commit[:7]})"
        )


@dataclass(frozen=True)
class Experiment:
    """A DVC experiment: its name, its commit, and the commit that it is based on."""

    name: str
    commit: str
    base: str


def find(root: Path, name: str) -> Revision:
    """Return a revision by its git name (branch, tag, hash, HEAD~1), its experiment's name, or as `workspace`.

    Raises:
        LockstepError: there is none of that name, several experiments have it, or this is no git repository.
    """
    if name == WORKSPACE:
        return Revision(name, None)
    try:
        return Revision(name, resolve(root, name))
    except LockstepError as error:
        named = experiments(root)
        commits = [one.commit for one in named if one.name == name]
        if len(commits) == 1:
            return Revision(name, commits[0])
        shown = shorten(name, NAME)
        if commits:
            hashes = [f"{commit[:12]}" for commit in commits]
            raise LockstepError(f"{shown}: {len(commits)} experiments have that name; give the hash", hashes) from error
        near = closest(name, [*(one.name for one in named), *_branches(root)])
        raise LockstepError(f"{shown}: no git revision, and no experiment of that name{near}") from error


def params(root: Path, revision: Revision, folder: Path) -> Path:
    """Return the path of a revision's params.yaml, copied to an empty folder; the checkout's own needs no copy.

    Raises:
        LockstepError: the revision has none.
    """
    if revision.commit is None:
        return Workspace(root).params
    path = Workspace(folder).params
    path.write_text(run(["git", "show", f"{revision.commit}:./{path.name}"], root), encoding="utf-8")
    return path


def output(root: Path, revision: Revision, folder: Path, path: Path, name: str = "") -> Path:
    """Return a revision's output, copied into another folder under the same path; the checkout's own needs no copy.

    Args:
        root: of the checkout.
        revision: whose output.
        folder: where the copy goes.
        path: of the output, relative to the root.
        name: of one file of the output; empty: all files.

    Raises:
        LockstepError: the revision pins none, or neither DVC's cache nor its remote holds it.
    """
    if revision.commit is None:
        return root / path
    project, wanted = Project(root), (path / name).as_posix()
    pin = project.at(revision.commit, revision.shown).lock.outs.get(path.as_posix())
    if pin is None:
        raise LockstepError(f"{revision.shown}: its dvc.lock pins no {path.as_posix()}")
    failed = fetch(root, project.cache, [Wanted(pin, [name] if name else [])])
    if name and not isinstance(listing := project.cache.listing(pin.md5), Unknown):
        pin = next((Pin(wanted, one.md5) for one in listing if one.path == name), pin)
    copy(project.cache, pin, folder / pin.path)
    if wrong := faults(folder, [pin], project.cache):
        raise LockstepError(
            f"{revision.shown}: {wanted} is not in DVC's cache or remote",
            [
                f"in a checkout of it, run `dvc pull {wanted}` or `dvc repro`",
                *filter(None, [failed]),
                *(f"{fault.path}: {fault.kind}" for fault in wrong),
            ],
        )
    return folder / path


def experiments(root: Path) -> list[Experiment]:
    """Return DVC's experiments, by base commit and name."""
    listed = run(["git", "for-each-ref", "--format=%(objectname) %(refname)", EXPERIMENTS], root).splitlines()
    found = []
    for commit, _, reference in (line.partition(" ") for line in listed):
        parts = reference.removeprefix(EXPERIMENTS).split("/")
        if len(parts) == 3 and len(parts[0] + parts[1]) == HASH:  # noqa: PLR2004 # refs/exps/12/3456.../name
            found.append(Experiment(parts[2], commit, parts[0] + parts[1]))
    return found


def _branches(root: Path) -> list[str]:
    return run(["git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"], root).splitlines()
