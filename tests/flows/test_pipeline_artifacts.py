"""Artifacts of a run in the UI."""

from pathlib import Path

import pytest

from tests.flows.server import Server
from tests.flows.tiny import flow_here, read_artifacts, repro_here, tiny_project, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

REPORTS = """\
stages:
  evaluate:
    cmd: mkdir -p data/reports; cp metrics.in data/reports/metrics.json
    deps: [metrics.in]
    metrics:
      - data/reports/metrics.json: {cache: false}
  drift:
    cmd: >-
      mkdir -p data/reports/drift; printf '{"drift":"no","drifted":0}' > data/reports/drift.json;
      cp features.in data/reports/drift/features.csv
    outs: [data/reports/drift]
    metrics:
      - data/reports/drift.json: {cache: false}
  report:
    cmd: mkdir -p data/reports/report; echo page > data/reports/report/report.html
    deps: [data/reports/metrics.json]
    outs: [data/reports/report]
"""


def test_stages_metrics_with_what_changed_drift_and_report(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "p", REPORTS)
    header = "name,psi,p_adjusted,drifted,status,missing_difference"
    write(project, "features.in", f"{header}\nspend,0.31,0.002,1,drifted,0.01\nage,0.02,1.0,0,stable,\n")
    write(project, "metrics.in", '{"auc": 0.75, "gate": "fail"}')
    repro_here(project)
    write(project, "metrics.in", '{"auc": 0.8125, "gate": "pass"}')
    found = read_artifacts(prefect_server, flow_here(project, prefect_server).id)
    assert set(found) == {"stages", "metrics", "drift", "report"}
    assert found["metrics"] == [
        {"metric": "auc", "value": 0.8125, "last run": 0.75, "change": "+0.0625"},
        {"metric": "gate", "value": "pass", "last run": "fail", "change": "changed"},
    ]
    assert [(row["feature"], row["verdict"], row["PSI"]) for row in found["drift"]] == [
        ("spend", "drifted", "0.31"),
        ("age", "stable", "0.02"),
    ]
    assert (project.root / "data/reports/report/report.html").as_uri() in found["report"]
    rows = {row["stage"]: row for row in found["stages"]}
    assert list(rows) == ["evaluate", "drift", "report"]
    assert {name: (row["state"], row["what"]) for name, row in rows.items()} == {
        "evaluate": ("Completed", "ran"),
        "drift": ("Cached", "cached"),
        "report": ("Completed", "ran"),
    }
    assert rows["evaluate"]["seconds"] > 0
    assert rows["report"]["outputs"].startswith("data/reports/report ")


def test_a_failed_stage_is_in_the_table_with_its_message(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "p", "stages:\n  bad:\n    cmd: 'echo why; exit 3'\n    outs: [a]\n")
    run = flow_here(project, prefect_server)
    assert read_artifacts(prefect_server, run.id)["stages"] == [
        {"stage": "bad", "state": "Errored", "what": "", "seconds": "", "outputs": "bad: why"}
    ]
