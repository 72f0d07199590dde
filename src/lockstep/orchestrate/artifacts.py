"""Artifacts of a pipeline run in Prefect's UI: stages, metrics and their changes, drift, and the report."""

import csv
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_table_artifact

from lockstep.core.workspace import Workspace
from lockstep.orchestrate.running.execution import Execution, StageRun

Values = Mapping[str, Any]
"""Metric -> a number or a word, as in data/reports/*.json."""


def read_values(path: Path) -> Values:
    """Return the content of a metrics file; empty if it does not exist or is not JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def publish(root: Path, execution: Execution, before: Values) -> None:
    """Create the artifacts of one run.

    Args:
        root: of the project.
        execution: result of the stages.
        before: metrics of the previous run.
    """
    workspace = Workspace(root)
    create_table_artifact([_row(run) for run in execution.runs], key="stages", description="Stages, in DVC's order")
    if metrics := compare(before, read_values(workspace.metrics)):
        create_table_artifact(metrics, key="metrics", description="Metrics on the test split, and the previous run's")
    if drift := read_values(workspace.drift_verdict):
        verdict = ", ".join(f"{name} {value}" for name, value in drift.items())
        rows = drift_rows(workspace.drift / "features.csv") or [dict(drift)]
        create_table_artifact(
            rows, key="drift", description=f"Current snapshot compared with the training reference: {verdict}"
        )
    page = workspace.report / "report.html"
    if page.is_file():
        # Browsers refuse to follow a link from a server's page to a file.
        where = f"The report, on {socket.gethostname()}. Paste the address into a browser."
        create_link_artifact(
            page.resolve().as_uri(), link_text=page.resolve().as_uri(), key="report", description=where
        )


def compare(before: Values, after: Values) -> list[dict[str, Any]]:
    """Return one row per metric: its value, the previous value, and the difference if both are numbers."""
    return [
        {"metric": name, "value": value, "last run": before.get(name, ""), "change": _change(before.get(name), value)}
        for name, value in after.items()
    ]


def drift_rows(path: Path) -> list[dict[str, str]]:
    """Return one row per feature, largest drift first; none if drift was not applicable."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return [
            {
                "feature": row["name"],
                "verdict": row["status"],
                "PSI": row["psi"],
                "p, adjusted": row["p_adjusted"],
                "missing, change of share": row["missing_difference"],
            }
            for row in csv.DictReader(handle)
        ]


def _change(before: Any, after: Any) -> str:
    if isinstance(before, int | float) and isinstance(after, int | float):
        return f"{after - before:+.4f}" if after != before else "0"
    return "" if before in (None, after) else "changed"


def _row(run: StageRun) -> dict[str, Any]:
    result = run.result
    hashes = ", ".join(f"{out} {md5[:8]}" for out, md5 in result.outs.items()) if result else run.message
    return {
        "stage": run.stage,
        "state": run.state,
        "what": result.outcome if result else "",
        "seconds": result.seconds if result else "",
        "outputs": hashes,
    }
