"""The hook that runs `lockstep check` before a commit: through pre-commit if the project uses it, else as a file."""

import shlex
import sys
from pathlib import Path

from lockstep.core.commands import run
from lockstep.core.errors import LockstepError
from lockstep.core.files import whole_file

CONFIG = ".pre-commit-config.yaml"
MARK = "# made by `lockstep install-hooks`"
CHECK = "check"
ENTRY = """\
  - repo: local
    hooks:
      - id: lockstep-check
        name: lockstep check
        entry: lockstep check
        language: system
        always_run: true
        pass_filenames: false"""


def script(program: Path) -> str:
    """Return the hook's text."""
    return f"#!/bin/sh\n{MARK}\nexec {shlex.quote(str(program))} {CHECK}\n"


def set_up(root: Path, program: Path) -> list[str]:
    """Make the hook, and return what the user has to do: other hooks and settings are not changed.

    Raises:
        LockstepError: this is no git repository.
    """
    if (root / CONFIG).is_file():
        return _by_pre_commit(root)
    hook = place(root)
    if hook.exists() and MARK not in hook.read_text(encoding="utf-8", errors="replace"):
        return [
            f"{hook} was not written by Lockstep and is not changed; add to it: {shlex.quote(str(program))} {CHECK}"
        ]
    hook.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(hook) as partial:
        partial.write_text(script(program), encoding="utf-8")
        partial.chmod(0o755)
    return []


def take_away(root: Path) -> None:
    """Remove the hook if it is Lockstep's; pre-commit's hook also runs other checks, and stays."""
    hook = place(root)
    if hook.exists() and MARK in hook.read_text(encoding="utf-8", errors="replace"):
        hook.unlink()


def place(root: Path) -> Path:
    """Return the path of git's hook."""
    return root / run(["git", "rev-parse", "--git-path", "hooks/pre-commit"], root).removesuffix("\n")


def _by_pre_commit(root: Path) -> list[str]:
    todo = []
    if f"lockstep {CHECK}" not in (root / CONFIG).read_text(encoding="utf-8"):
        todo.append(f"add to {CONFIG}, under repos:\n{ENTRY}")
    try:
        run([str(Path(sys.executable).parent / "pre-commit"), "install"], root)
    except LockstepError as error:
        todo.append(f"`pre-commit install`: {error}")
    return todo
