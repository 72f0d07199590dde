"""Scoring with a real model: killed between two parts, run again, with the bytes of an uninterrupted run."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lockstep.core.workspace import Workspace
from lockstep.operate.scoring.manifest import ScoringManifest
from lockstep.operate.scoring.parts import score
from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.shop import Ended, Shops, run_here
from tests.integration.repository import call, state

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-shop")]

AS_OF = "2025-06-30"  # the champion's: what it is to score lies in data/ as well, for the test to score it by itself
ROWS = 30

DYING = """
import os, signal
from lockstep.operate.scoring import parts
write = parts._write
def dying(path, *more):
    if path.name == "part-00002.parquet":
        path.with_name(f".{path.name}.partial").write_bytes(b"half a part")
        os.kill(os.getpid(), signal.SIGKILL)
    return write(path, *more)
parts._write = dying
from lockstep.orchestrate.command import main
from flows.scoring import scoring
main(scoring)
"""
"""`python -m flows.scoring`, killed with two parts written and half a third one."""


@dataclass(frozen=True)
class Scored:
    """A scoring that was killed, and the one after it."""

    project: Project
    before: dict[str, Any]
    killed: int
    """Exit code."""
    names: list[str]
    """In the folder of the scores after that."""
    kept: dict[str, int]
    """Part -> when it was written, in nanoseconds."""
    run: Ended
    after: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.project.root / "scores" / AS_OF


@pytest.fixture(scope="module")
def scored(shops: Shops, tmp_path_factory: pytest.TempPathFactory, prefect_server: Server) -> Scored:
    project = shops.copy(tmp_path_factory.mktemp("scored") / "shop")
    project.set(score__rows_per_part=ROWS)
    project.commit("small parts")
    before = checkout(project)
    dead = subprocess.run(
        [sys.executable, "-c", DYING, "-p", f"as_of={AS_OF}"],
        cwd=project.root,
        env=project.env(**prefect_server.environment),
        capture_output=True,
        check=False,
    )
    names = sorted(path.name for path in (project.root / "scores").iterdir())
    kept = written(project.root / "scores" / f".{AS_OF}.unfinished")
    run = run_here("scoring", project, prefect_server, as_of=AS_OF)
    return Scored(project, before, dead.returncode, names, kept, run, checkout(project))


def checkout(project: Project) -> dict[str, Any]:
    """Return the state of the user's checkout but for the scores, which are what was asked for."""
    found = state(project.root)
    files = {name: file for name, file in found["files"].items() if not name.startswith("scores/")}
    return found | {"files": files}


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*.parquet")}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_unfinished_scoring_has_no_final_folder(scored: Scored) -> None:
    assert scored.killed == -signal.SIGKILL
    assert [name for name in scored.names if not name.endswith(".lock")] == [f".{AS_OF}.unfinished"]
    assert sorted(scored.kept) == ["part-00000.parquet", "part-00001.parquet"]


def test_the_next_run_continues_after_the_last_complete_part(scored: Scored) -> None:
    assert (scored.run.state, scored.kept.items() <= written(scored.folder).items()) == ("Completed", True)
    manifest = ScoringManifest.read(scored.folder)
    assert manifest.complete
    assert scored.run.message == f"{scored.folder}: {manifest.rows:,} rows in {len(manifest.parts)} parts"
    assert len(manifest.parts) == -(-manifest.rows // ROWS) > 3
    shown = scored.run.artifacts["scores"]
    assert [row["sha256"] for row in shown] == [part.sha256 for part in manifest.parts]


def test_the_bytes_equal_those_of_an_uninterrupted_run(scored: Scored, tmp_path: Path) -> None:
    workspace = Workspace(scored.project.root)
    score(workspace.model, workspace.features, tmp_path / "whole", ROWS)
    assert contents(scored.folder) == contents(tmp_path / "whole")


def test_every_eligible_entity_has_one_score(scored: Scored) -> None:
    found = pd.concat([pd.read_parquet(path) for path in sorted(scored.folder.glob("*.parquet"))])
    current = pd.read_parquet(Workspace(scored.project.root).features / "current.parquet")
    assert found["customer_id"].tolist() == current["customer_id"].tolist()
    assert found["probability"].between(0, 1).all()


def test_the_users_checkout_is_not_touched_and_no_worktree_remains(scored: Scored) -> None:
    assert scored.after == scored.before
    assert len(call(scored.project.root, "git", "worktree", "list").splitlines()) == 1


def test_a_wrong_as_of_fails_in_a_line(scored: Scored, prefect_server: Server) -> None:
    run = run_here("scoring", scored.project, prefect_server, as_of="soon")
    assert (run.state, run.message[:7], len(run.message.splitlines())) == ("Failed", "as_of: ", 1)
