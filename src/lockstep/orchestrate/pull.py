"""Bring a worker's checkout up to date before each run: `python -m lockstep.orchestrate.pull`.

The checkout stays from run to run: DVC's cache, the history of monitoring, the scores and the branches of retraining
are in it. A checkout that follows no branch of a remote stays as it is; so do outputs that the DVC remote lacks, whose
stages then run.
"""

import subprocess
import sys
from pathlib import Path
from threading import Event

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.dvc_repo.repository import opened
from lockstep.orchestrate.running.holder import undisturbed
from lockstep.orchestrate.running.process import Program, follow, launch

PATIENCE = 600.0  # seconds to wait for a pipeline that works in the checkout


def main() -> None:
    """Pull with git, then with DVC, saying what was done; exit with a message where either fails."""
    root = Path.cwd()
    try:
        # A stage that runs must not see its code change.
        with undisturbed(root, root / ".lockstep" / "pipeline.lock", PATIENCE, print):
            _commit(root)
            _outputs(root)
    except LockstepError as error:
        print(f"pull: {error}", file=sys.stderr)
        sys.exit(2)


def _commit(root: Path) -> None:
    if subprocess.run(["git", "rev-parse", "@{upstream}"], cwd=root, capture_output=True, check=False).returncode:  # noqa: S607
        print("git: follows no branch of a remote: stays at its commit")
        return
    # Never a merge: a checkout that went a way of its own wants a person.
    done = subprocess.run(["git", "pull", "--ff-only"], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise LockstepError(f"{root}: git pull --ff-only failed", done.stderr.splitlines())
    print(f"git: {done.stdout.strip()}")


def _outputs(root: Path) -> None:
    with opened(root) as repo:
        remote = repo.config["core"].get("remote")
    if remote is None:
        print("dvc: no default remote: stages that are not up to date will run")
        return
    lines: list[str] = []
    if follow(launch(Program("dvc", root, {})), ("pull", "--allow-missing"), lines.append, Event()):
        raise LockstepError(f"{root}: dvc pull failed", [line for line in lines if line.strip()][-12:])
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
