"""A git repository with a pipeline of cheap stages that two branches change; the driver is set up.

left.txt -> left --.
                    +-> both (metrics.json in git)      alone.txt -> alone
right.txt -> right -'
"""

import sys
from pathlib import Path

from lockstep.workbench.hooks.install import install
from tests.integration.repository import call, checkout, commit

STAGE = """\
import pathlib, sys
*read, made = sys.argv[1:]
text = "".join(pathlib.Path(path).read_text() for path in read)
pathlib.Path(made).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path(made).write_text(text)
with open("runs.log", "a") as log:
    log.write(made + "\\n")
if made == "data/both":
    pathlib.Path("data/reports").mkdir(exist_ok=True)
    pathlib.Path("data/reports/metrics.json").write_text('{"length": %d}\\n' % sum(text.encode()))
"""
COMMAND = f"{sys.executable} stage.py"
PIPELINE = f"""\
stages:
  left: {{cmd: {COMMAND} left.txt data/left, deps: [left.txt], params: [left], outs: [data/left]}}
  right: {{cmd: {COMMAND} right.txt data/right, deps: [right.txt], outs: [data/right]}}
  both:
    cmd: {COMMAND} data/left data/right data/both
    deps: [data/left, data/right]
    outs: [data/both]
    metrics: [{{data/reports/metrics.json: {{cache: false}}}}]
  alone: {{cmd: {COMMAND} alone.txt data/alone, deps: [alone.txt], outs: [data/alone]}}
"""


def make_repository(root: Path) -> Path:
    """Return the root of one whose pipeline has run, all committed, on the branch main."""
    texts = {f"{name}.txt": "".join(f"{name} {line}\n" for line in range(9)) for name in ("left", "right", "alone")}
    files = {"stage.py": STAGE, "dvc.yaml": PIPELINE, "params.yaml": "left: 1\n"} | texts
    checkout(root, files, ignored="runs.log\n.*.lock\n")
    install(root)
    (root / ".git" / "hooks" / "pre-commit").unlink()  # for tests of merging alone
    repro(root)
    commit(root, "base")
    return root


def change(root: Path, branch: str, **texts: str) -> None:
    """Make a branch of main on which files of the pipeline begin with other text, reproduced and committed."""
    call(root, "git", "checkout", "-q", "-b", branch, "main")
    call(root, "dvc", "checkout", "-q")
    for name, text in texts.items():
        path = root / (f"{name}.yaml" if name == "params" else f"{name}.txt")
        path.write_text(text if name == "params" else text + path.read_text())
    repro(root)
    commit(root, branch)


def merge(root: Path, ours: str, theirs: str) -> bool:
    """Merge one branch into another, as a person does, and return whether git took it for clean."""
    call(root, "git", "checkout", "-q", ours)
    call(root, "dvc", "checkout", "-q")
    try:
        call(root, "git", "merge", "-q", "-m", "merged", theirs)
    except AssertionError:
        return False
    return True


def repro(root: Path) -> list[str]:
    """Run `dvc repro` and return what the stages that ran have made."""
    log = root / "runs.log"
    log.unlink(missing_ok=True)
    call(root, "dvc", "repro", "-q")
    return log.read_text().split() if log.exists() else []


def changed(root: Path) -> set[str]:
    """Return the stages that DVC takes for changed."""
    lines = call(root, "dvc", "status").splitlines()
    return {line.rstrip(":") for line in lines if line.endswith(":") and not line[0].isspace()}
