"""Objects of git by their names, many at once."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lockstep.core.commands import ELSEWHERE
from lockstep.core.errors import LockstepError


def objects(root: Path, names: Iterable[str], mode: str) -> Iterator[tuple[str, bytes]]:
    """Yield hash and content of git's objects, in the given order; an empty hash for a missing one.

    Args:
        root: of the checkout.
        names: hashes, or `REVISION:path`.
        mode: `--batch`, or `--batch-check` for no content.

    Raises:
        LockstepError: git failed.
    """
    with tempfile.TemporaryFile() as asked:
        asked.writelines(f"{name}\n".encode("utf-8", "surrogateescape") for name in names)
        asked.seek(0)
        environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        command = ["git", "cat-file", mode]
        with subprocess.Popen(command, cwd=root, env=environment, stdin=asked, stdout=subprocess.PIPE) as git:  # noqa: S603 # no shell
            assert git.stdout  # it was asked for
            for line in git.stdout:
                head = line.split()
                if head[-1] == b"missing":
                    yield "", b""
                    continue
                content = git.stdout.read(int(head[-1]) + 1)[:-1] if mode == "--batch" else b""
                yield head[0].decode(), content
        if git.returncode:
            raise LockstepError(f"`git cat-file` failed in {root} (exit code {git.returncode})")
