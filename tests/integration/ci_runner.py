"""A checkout of a base as a CI's runner has it, with stand-ins for the programs that its scripts call."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.integration.repository import call, commit

MARK = "<!-- lockstep review -->"
WELL = f"{MARK}\nwell"
STANDS_FOR = """\
#!/bin/bash
printf '%s' "$(basename "$0")" >> "$CALLS"
printf ' %s' "$@" >> "$CALLS"
echo >> "$CALLS"
"""
STAND_INS = {
    "make": "",
    "dvc": 'if [ "$1" = config ]; then echo "$REMOTE"; else exit "$PULL"; fi',
    "lockstep": """\
echo '::error::named so by a pull request'
for to; do :; done
if [ -n "$REVIEW" ]; then mkdir -p "$to" && printf '%s' "$REVIEW" > "$to/review.md"; fi
exit "$STATUS"
""",
    "gh": """\
if [ "$2" = --paginate ]; then jq -r "${@: -1}" "$COMMENTS"; else cp out/review.md "$POSTED"; fi
""",
}


@dataclass
class Runner:
    """A checkout of a base, as the runner has it, and what was called there."""

    root: Path
    here: Path
    parted: str
    base: str
    head: str

    def run(self, scripts: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the steps one after the other, as far as they succeed."""
        own = {
            "PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self.root / "calls"),
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
            "GITHUB_OUTPUT": str(self.root / "output"),
            "GITHUB_PATH": str(self.root / "path"),
            "BASE": self.base,
            "HEAD": self.head,
            "REMOTE": "",
            "PULL": "0",
            "STATUS": "0",
            "REVIEW": WELL,
        }
        for script in scripts:
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            env = os.environ | own | environment
            done = subprocess.run(command, cwd=self.here, env=env, capture_output=True, text=True, check=False)
            if done.returncode:
                break
        return done

    def called(self, program: str) -> list[str]:
        """Return the arguments of each call of a program."""
        lines = (self.root / "calls").read_text().splitlines()
        return [line.partition(" ")[2] for line in lines if line.partition(" ")[0] == program]

    def read(self, name: str) -> str:
        return (self.root / name).read_text()


def make_runner(root: Path) -> Runner:
    """Return one whose base has moved on, and whose head only `refs/pull/1/head` of the origin names."""
    work, programs = root / "work", root / "bin"
    for folder in (work, programs):
        folder.mkdir()
    for name, does in STAND_INS.items():
        (programs / name).write_text(STANDS_FOR + does)
        (programs / name).chmod(0o755)
    call(work, "git", "init", "-q", "-b", "main")
    (work / "Makefile").write_text("base")
    commit(work)
    call(work, "git", "switch", "-qc", "head")
    (work / "Makefile").write_text("hostile")
    (work / ".dvc").mkdir()
    (work / ".dvc" / "config").write_text("[core]\n    remote = hostile\n")
    commit(work)
    call(work, "git", "switch", "-q", "main")
    commit(work, "meanwhile")
    call(root, "git", "init", "-q", "--bare", "origin.git")
    call(work, "git", "push", "-q", str(root / "origin.git"), "main", "head:refs/pull/1/head")
    call(root, "git", "clone", "-q", "-b", "main", f"file://{root / 'origin.git'}", "here")
    named = [call(work, "git", "rev-parse", name).strip() for name in ("main~1", "main", "head")]
    return Runner(root, root / "here", *named)
