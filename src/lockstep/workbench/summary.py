"""The results of `dvc repro` on one screen."""

from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.files import read_json
from lockstep.core.manifest import Manifest
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.pending import waiting
from lockstep.statistics.estimate import Estimate

NAME_WIDTH = 40
DRIFTED_SHOWN = 5


def show(workspace: Workspace, console: Console) -> None:
    """Print rows and rejects, metrics of model and baselines, gate, drift, and the path of the report.

    Raises:
        LockstepError: the pipeline has not finished.
    """
    if not (workspace.report / "report.html").is_file():
        raise LockstepError(f"{workspace.report}: no report yet; run `dvc repro`")
    for part in (_rows(workspace), _examples(workspace), _metrics(workspace), _closing(workspace)):
        console.print()
        console.print(part)


def _rows(workspace: Workspace) -> Table:
    table = _table("data", "raw", "rejected", "processed")
    raw, processed = Manifest.read(workspace.raw), Manifest.read(workspace.processed)
    for name, entry in processed.tables.items():
        before = raw.tables[name].rows
        table.add_row(shorten(name, NAME_WIDTH), f"{before:,}", f"{before - entry.rows:,}", f"{entry.rows:,}")
    return table


def _examples(workspace: Workspace) -> Text:
    sets = Manifest.read(workspace.features).tables
    counts = (f"{name} {sets[name].rows:,}" for name in ("train", "valid", "test", "current"))
    return _line("examples", "  ".join(counts), "", [])


def _metrics(workspace: Workspace) -> Table:
    evaluation = Evaluation.read(workspace.evaluation)
    baselines = list(evaluation.scores[0].baselines)
    table = _table(
        f"test split, {evaluation.rows:,} rows", "model", f"{evaluation.confidence:.0%} interval", *baselines
    )
    for score in evaluation.scores:
        others = [_value(score.baselines[name]) for name in baselines]
        style = "bold" if score.name == evaluation.main else ""
        table.add_row(score.title, _value(score.model), _interval(score.model), *others, style=style)
    return table


def _closing(workspace: Workspace) -> Group:
    gate = Evaluation.read(workspace.evaluation).gate
    failed = [reason.text for reason in gate.reasons if reason.broken]
    lines = [_line("gate", "pass" if gate.passed else "fail", "green" if gate.passed else "red", failed)]
    detail = read_json(workspace.drift / "detail.json")
    lines.append(_drift(detail))
    lines.append(_line("report", str(workspace.report / "report.html"), "bold", []))
    if waiting(workspace.root):
        lines.append(_line("tracking", "not published", "yellow", ["run `lockstep track`"]))
    return Group(*lines)


def _drift(detail: dict[str, Any]) -> Text:
    if not detail["applicable"]:
        return _line("drift", "not applicable", "yellow", [detail["reason"]])
    drifted = [feature for feature in detail["features"] if feature["status"] == "drifted"]
    drifted.sort(key=lambda feature: -(feature["psi"] or 0))
    shown = [f"{shorten(f['name'], NAME_WIDTH)} (PSI {f['psi']:.2f})" for f in drifted[:DRIFTED_SHOWN] if f["psi"]]
    more = len(drifted) - len(shown)
    names = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    checked = sum(feature["status"] in ("stable", "drifted") for feature in detail["features"])
    verdict = "yes" if detail["verdict"]["drift"] else "no"
    details = [f"{len(drifted)} of {checked} features{': ' + names if names else ''}"]
    return _line("drift", verdict, "red" if detail["verdict"]["drift"] else "green", details)


def _line(label: str, value: str, style: str, details: list[str]) -> Text:
    text = Text(f"{label:<8}  ").append(value, style=style)
    return text.append(f"  {'; '.join(map(shorten, details))}" if details else "", style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim", collapse_padding=True)
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _value(estimate: Estimate) -> str:
    return "n/a" if estimate.value is None else f"{estimate.value:.4g}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "n/a"
    return f"{estimate.low:.4g} … {estimate.high:.4g}"
