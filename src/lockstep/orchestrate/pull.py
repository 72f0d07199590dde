"""Update a worker's clone before each run: `python -m lockstep.orchestrate.pull`.

The clone is permanent: it holds DVC's cache, the history of monitoring, the scores and the branches of retraining. A
clone whose branch tracks no remote branch stays at its commit. The stages make what the DVC remote lacks.
"""

import subprocess
import sys
from pathlib import Path
from threading import Event

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.running.holder import undisturbed
from lockstep.orchestrate.running.process import Program, follow, launch
from lockstep.versioning.dvc_config import remote_of

PATIENCE = 600.0  # seconds to wait for a pipeline that runs in the clone


def main() -> None:
    """Pull with git, then with DVC, and print what was done; exit with a message if either fails."""
    root = Path.cwd()
    try:
        # Code must not change under a running stage.
        with undisturbed(root, root / ".lockstep" / "pipeline.lock", PATIENCE, print):
            _commit(root)
            _outputs(root)
    except LockstepError as error:
        print(f"pull: {error}", file=sys.stderr)
        sys.exit(2)


def _commit(root: Path) -> None:
    if subprocess.run(["git", "rev-parse", "@{upstream}"], cwd=root, capture_output=True, check=False).returncode:  # noqa: S607
        print("git: the current branch tracks no remote branch; the commit stays")
        return
    # Never a merge: a person must decide what to do with a clone that has diverged.
    done = subprocess.run(["git", "pull", "--ff-only"], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise LockstepError(f"{root}: git pull --ff-only failed", done.stderr.splitlines())
    print(f"git: {done.stdout.strip()}")


def _outputs(root: Path) -> None:
    if remote_of(root) is None:
        print("dvc: no default remote; stages that are not up to date will run")
        return
    lines: list[str] = []
    if follow(launch(Program("dvc", root, {})), ("pull", "--allow-missing"), lines.append, Event()):
        raise LockstepError(f"{root}: dvc pull failed", [line for line in lines if line.strip()][-12:])
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
