"""The artifacts of a run, laid out in a folder as the run will hold them."""

import shutil
from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json
from lockstep.pipeline.track import evidence
from lockstep.pipeline.track.figures import figures
from lockstep.pipeline.track.names import artifact
from lockstep.pipeline.track.result import Result

BUNDLE = "bundle"
"""The model as it is pinned, file for file: what a registry gives back."""
PEOPLE = "predictions.parquet"  # one row a customer: stays where DVC keeps it


def lay_out(result: Result, folder: Path) -> None:
    """Copy what the run shows into an empty folder.

    Raises:
        LockstepError: a file is a link, or has a name that leads elsewhere.
    """
    workspace = result.workspace
    _copy(workspace.model, folder, BUNDLE)
    _copy(workspace.report, folder, "report")
    _copy(workspace.evaluation, folder, "evaluation", without=PEOPLE)
    _copy(workspace.drift, folder, "drift")
    _copy(workspace.search, folder, "search")
    evidence.lay_out(workspace, folder)
    for file in (workspace.metrics, workspace.drift_verdict):
        shutil.copy(file, folder / "report" / file.name)
    plots = folder / "figures"
    plots.mkdir()
    for name, svg in figures((workspace.report / "report.html").read_text(encoding="utf-8")).items():
        (plots / name).write_text(svg, encoding="utf-8")
    # A half of a surrogate pair becomes the escape that JSON has for it.
    text = dump_json(dict(result.params))
    (folder / "params.json").write_text(text, encoding="utf-8", errors="backslashreplace")
    (folder / "environment.json").write_text(dump_json(dict(result.environment)), encoding="utf-8")


def _copy(source: Path, folder: Path, name: str, without: str = "") -> None:
    for path in sorted(source.rglob("*")):
        if path.is_symlink():
            raise LockstepError(f"{path}: a link; expected a file")
        if path.is_dir() or path.name == without:
            continue
        to = folder / artifact(f"{name}/{path.relative_to(source).as_posix()}")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
