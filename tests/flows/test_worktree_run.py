"""What retraining, monitoring and scoring share: data moved to another day, and faults of stages in their own words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect import flow

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.orchestrate.running.execution import Execution, StageRun
from lockstep.orchestrate.worktree_run import checkout_of_head, move_as_of, require_complete
from tests.e2e.project import ROOT, Project
from tests.flows.server import Server
from tests.flows.tiny import clean_here, inside, repro_here, tiny_project, traced

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

TABLE = """\
stages:
  ingest:
    cmd: echo ingest >> "$TRACE"; cp "$TRACE.table" raw.txt
    outs: [raw.txt]
  features:
    cmd: echo features >> "$TRACE"; cp raw.txt features.txt
    deps: [raw.txt]
    outs: [features.txt]
"""
"""`ingest` reads what lies outside of the project, as from a database: DVC cannot see it grow."""

FLAT = (ROOT / "examples" / "telco" / "params.yaml").read_text()  # one flat table, without an as_of


@flow
def moving(as_of: datetime | None = None) -> datetime:
    return move_as_of(Path.cwd(), as_of)


def table(project: Project, text: str) -> None:
    Path(f"{project.environment['TRACE']}.table").write_text(text)


def test_a_flat_table_without_as_of_is_read_again(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "tiny", TABLE, FLAT)
    table(project, "one row\n")
    repro_here(project)
    table(project, "two rows\n")
    assert clean_here(project), "so much for what DVC knows"
    traced(project)
    with prefect_server.chosen(), inside(project):
        moment = moving()
    assert moment.date() == datetime.now(UTC).date()
    assert (project.root / "params.yaml").read_text() == FLAT
    repro_here(project)
    assert traced(project) == ["ingest", "features"]
    assert (project.root / "features.txt").read_text() == "two rows\n"


@flow
def searching() -> list[str]:
    with checkout_of_head(Path.cwd(), "night", 1.0) as tree:
        search = Workspace(tree).scratch / "search"
        found = [path.name for path in search.iterdir()]
        (search / "trials.db").touch()
        return found


def test_trials_of_a_search_outlive_the_worktree(tiny: Project, prefect_server: Server) -> None:
    with prefect_server.chosen(), inside(tiny):
        assert [searching(), searching()] == [[], ["trials.db"]]
    assert not (Workspace(tiny.root).scratch / "search").exists(), "that is the place of the user's own searches"


def test_messages_of_stages_are_reported_line_by_line() -> None:
    failed = StageRun("train", "Failed", "train: params.yaml: 1 fault\n  - train.rounds: expected at least 1", None)
    waiting = StageRun("report", "NotReady", "", None)
    with pytest.raises(LockstepError) as fault:
        require_complete(Execution((failed, waiting)))
    assert str(fault.value).splitlines() == [
        "the pipeline failed",
        "  - train: params.yaml: 1 fault",
        "  - train.rounds: expected at least 1",
    ]
