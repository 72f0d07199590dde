"""The artifacts of a run: copied into a folder with the layout that the run will have."""

import hashlib
import html
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.evaluation import NAME as EVALUATION
from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, sha256
from lockstep.core.manifest import NAME as MANIFEST
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.names import artifact

if TYPE_CHECKING:
    from lockstep.pipeline.track.gather import Result

BUNDLE = "bundle"
"""The pinned model, file for file: what the registry downloads."""
PINNED = "pinned"
"""params.yaml and the manifest of the features, under their paths in the checkout."""
PREDICTIONS = "predictions.parquet"  # one row a customer: stays in DVC, never goes to MLflow

FIGURE = re.compile(r"<figure>\s*<svg (?P<head>[^>]*)>(?P<body>.*?)</svg>", re.DOTALL)
LABEL = re.compile(r'aria-label="([^"]*)"')
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
COLOURS = re.compile(r":root \{[^}]*\}")
SCALE = 2  # pixels per point
LONG = 60  # characters of a figure's file name


def lay_out(result: "Result", folder: Path) -> None:
    """Copy the artifacts of a run into an empty folder.

    Raises:
        LockstepError: a file is a link, or its name leads out of the folder.
    """
    workspace = result.workspace
    _copy(workspace.model, folder, BUNDLE)
    _copy(workspace.report, folder, "report")
    _copy(workspace.evaluation, folder, "evaluation", without=PREDICTIONS)
    _copy(workspace.drift, folder, "drift")
    _copy(workspace.search, folder, "search")
    _copy_evidence(workspace, Workspace(folder / PINNED))
    plots = folder / "figures"
    plots.mkdir()
    for name, svg in figures((workspace.report / "report.html").read_text(encoding="utf-8")).items():
        (plots / name).write_text(svg, encoding="utf-8")
    # Half of a surrogate pair becomes JSON's escape for it.
    text = dump_json(dict(result.params))
    (folder / "params.json").write_text(text, encoding="utf-8", errors="backslashreplace")
    (folder / "environment.json").write_text(dump_json(dict(result.environment)), encoding="utf-8")


def evidence_digest(params: Path, features: Path, evaluation: Path) -> str:
    """Return one SHA-256 of what a promotion reads beside the model.

    Args:
        params: params.yaml.
        features: folder with the manifest of the features.
        evaluation: folder with evaluation.json.
    """
    parts = [sha256(params), sha256(features / MANIFEST), sha256(evaluation / EVALUATION)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def figures(page: str) -> dict[str, str]:
    """Return file name -> SVG of each figure of a page, in page order; each SVG has the page's ids and fonts."""
    colours = COLOURS.search(page)
    style = (colours[0] if colours else "") + " svg { background: var(--paper, white); font-family: sans-serif; }"
    style = style.replace("color-scheme: light dark;", "")
    found = enumerate(FIGURE.finditer(page), start=1)
    return {f"{number:02}-{_slug(match['head'])}.svg": _standalone(match, style) for number, match in found}


def _copy(source: Path, folder: Path, name: str, without: str = "") -> None:
    for path in sorted(source.rglob("*")):
        if path.is_symlink():
            raise LockstepError(f"{path}: a link; expected a file")
        if path.is_dir() or path.name == without:
            continue
        to = folder / artifact(f"{name}/{path.relative_to(source).as_posix()}")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)


def _copy_evidence(workspace: Workspace, to: Workspace) -> None:
    to.features.mkdir(parents=True)
    shutil.copy(workspace.params, to.params)
    shutil.copy(workspace.features / MANIFEST, to.features / MANIFEST)


def _standalone(match: re.Match[str], style: str) -> str:
    box = BOX.search(match["head"])
    size = f' width="{float(box[1]) * SCALE:.0f}" height="{float(box[2]) * SCALE:.0f}"' if box else ""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names}{size} {match['head']}>\n<style>{style}</style>{match['body']}</svg>\n"


def _slug(head: str) -> str:
    label = LABEL.search(head)
    words = re.sub(r"[^a-z0-9]+", "-", html.unescape(label[1]).lower()).strip("-") if label else ""
    return words[:LONG] or "figure"
