"""`lockstep install-hooks`: merge drivers and the pre-commit hook of one repository, set up and removed."""

from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.core.files import whole_file
from lockstep.workbench.hooks import drivers, pre_commit

ATTRIBUTES = ".gitattributes"


def install(root: Path) -> list[str]:
    """Set up merge drivers and the pre-commit hook, once or repeatedly; return what is left for the user to do.

    Raises:
        LockstepError: `root` is not the root of a git repository's checkout.
    """
    _check(root)
    program = drivers.own_program()
    _rewrite(root / ATTRIBUTES, drivers.added(_text(root)))
    drivers.set_up(root, program)
    return pre_commit.set_up(root, program)


def remove(root: Path) -> None:
    """Remove what `install` has set up, and nothing else.

    Raises:
        LockstepError: `root` is not the root of a git repository's checkout.
    """
    _check(root)
    _rewrite(root / ATTRIBUTES, drivers.removed(_text(root)))
    drivers.take_away(root)
    pre_commit.take_away(root)


def _check(root: Path) -> None:
    # Attributes name files from the root, as the stages do.
    prefix = run(["git", "rev-parse", "--show-prefix"], root).strip()
    if prefix:
        raise LockstepError(f"install-hooks: {prefix} is not the root of the git repository; run it there")


def _text(root: Path) -> str:
    path = root / ATTRIBUTES
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""


def _rewrite(path: Path, text: str) -> None:
    old = path.read_bytes() if path.exists() else b""
    new = text.encode("utf-8", "surrogateescape")
    if new and new != old:
        with whole_file(path) as partial:
            partial.write_bytes(new)
    elif not new:
        path.unlink(missing_ok=True)
