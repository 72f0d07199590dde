"""A git repository with a small DVC pipeline: params.yaml -> model (cached), metrics.json (in git)."""

import sys
from pathlib import Path

from tests.integration.repository import call, checkout, commit

STAGE = """\
import json, pathlib
text = pathlib.Path("params.yaml").read_text()
model = pathlib.Path("data/model")
model.mkdir(parents=True, exist_ok=True)
(model / "weights").write_text(text)
(model / "signature").write_text("of " + text)
reports = pathlib.Path("data/reports")
reports.mkdir(parents=True, exist_ok=True)
(reports / "page.html").write_text(text)
(reports / "metrics.json").write_text(json.dumps({"length": len(text)}))
"""
PIPELINE = f"""\
stages:
  make:
    cmd: {sys.executable} make.py
    deps: [make.py]
    params: [source.as_of]
    outs: [data/model, data/reports/page.html]
    metrics: [{{data/reports/metrics.json: {{cache: false}}}}]
"""


def make_repository(root: Path) -> Path:
    """Return the root of one whose pipeline has run, all committed."""
    params = "source:\n  as_of: '2025-06-30'\n"
    checkout(root, {"make.py": STAGE, "dvc.yaml": PIPELINE, "params.yaml": params})
    call(root, "dvc", "repro", "-q")
    commit(root)
    return root
