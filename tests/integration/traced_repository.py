"""A git repository whose small pipeline has run in several commits: ingest -> train -> report."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from lockstep.versioning.model_versions import ModelRecord
from lockstep.versioning.project import Project
from lockstep.workbench.lineage.lineage import lineage
from tests.integration.repository import call, checkout, commit

PIPELINE = """\
stages:
  ingest:
    cmd: sh ingest.sh
    deps: [ingest.sh]
    params: [source.as_of]
    outs: [data/raw]
  train:
    cmd: sh train.sh
    deps: [train.sh, data/raw]
    params: [train]
    outs: [data/models/model]
  report:
    cmd: sh report.sh
    deps: [data/models/model]
    outs: [data/reports/page]
    metrics: [{data/reports/metrics.json: {cache: false}}]
"""
MANIFEST = {
    "as_of": None,
    "tables": {"orders": {"rows": 1234, "span": ["2025-01-01T10:00:00", "2025-06-29T23:00:00"]}, "flat": {"rows": 5}},
}
SCRIPTS = {
    "ingest.sh": "mkdir -p data/raw/deep\ngrep as_of params.yaml > data/raw/orders.csv\n"
    f"echo fixed > data/raw/deep/fixed.csv\necho '{json.dumps(MANIFEST)}' > data/raw/manifest.json\n",
    "train.sh": "mkdir -p data/models/model\n"
    "grep depth params.yaml | cat - data/raw/orders.csv > data/models/model/weights\n",
    "report.sh": "mkdir -p data/reports/page\n"
    "(echo page; cat data/models/model/weights) > data/reports/page/page.html\n"
    "echo '{\"ok\": 1}' > data/reports/metrics.json\n",
}


def params(root: Path, as_of: str, depth: object) -> None:
    """Ask for other data or another model."""
    (root / "params.yaml").write_text(f"source:\n  as_of: '{as_of}'\ntrain:\n  depth: {depth}\n")


def make_repository(root: Path) -> Path:
    """Return one with tags `one` (depth 3), `two` (4), a branch `later` (other data), an experiment `tried` (9)."""
    checkout(root, {"dvc.yaml": PIPELINE} | SCRIPTS)
    for as_of, depth, tag in [("2025-06-30", 3, "one"), ("2025-06-30", 4, "two"), ("2025-07-31", 4, "three")]:
        params(root, as_of, depth)
        call(root, "dvc", "repro", "-q")
        commit(root, f"depth {depth} as of {as_of}")
        call(root, "git", "tag", tag)
    call(root, "git", "branch", "-q", "later")
    call(root, "git", "reset", "-q", "--hard", "two")
    params(root, "2025-06-30", 9)
    call(root, "dvc", "repro", "-q")
    call(root, "dvc", "exp", "save", "-q", "-n", "tried")
    call(root, "git", "checkout", "-q", ".")
    call(root, "dvc", "checkout", "-q")
    return root


def ask(root: Path, text: str, versions: Any = None) -> Any:
    """Return the lineage of what a text names."""
    return lineage(Project(root), text, versions or NoVersions())


def stages(ways: Any) -> Any:
    """Return the names of the stages of each way."""
    return [[step.stage for step in way.steps] for way in ways]


def md5(root: Path, path: str) -> str:
    """Return the hash that dvc.lock of the checkout gives a path."""
    return Project(root).workspace.lock.outs[path].md5


class NoVersions:
    """A project that registers no models."""

    def find(self, text: str) -> ModelRecord | None:  # noqa: ARG002 # the protocol's
        """Return None."""
        return None

    def holding(self, hashes: Collection[str]) -> Sequence[ModelRecord]:  # noqa: ARG002 # the protocol's
        """Return nothing."""
        return ()
