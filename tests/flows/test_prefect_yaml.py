"""prefect.yaml as a team uses it: a server on PostgreSQL, a worker in a clone of a bare repository, a DVC remote."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockstep.orchestrate.deployments import declared
from tests.contract.filled_sources import postgres_database
from tests.e2e.project import ROOT, Project
from tests.flows.server import Server
from tests.flows.tiny import copy_of, push_here, repro_here, traced

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows-serve")]

PATIENCE = 120.0
GRACE = 30.0


@dataclass(frozen=True)
class Team:
    """A bare repository, a DVC remote with what it pins, a clone to work in, and the clone of a worker."""

    author: Project
    worker: Project
    store: Path
    bare: Path


def team(folder: Path, built: Project) -> Team:
    author = copy_of(built, folder / "author")
    for name in ("prefect.yaml", "prefect.toml"):
        shutil.copy(ROOT / name, author.root)
    with (author.root / ".dvc" / "config").open("a") as config:
        config.write(f"    remote = store\n['remote \"store\"']\n    url = {folder / 'store'}\n")
    push_here(author)
    author.commit("a remote")
    author.run("git", "clone", "-q", "--bare", ".", str(folder / "bare.git"))
    author.run("git", "remote", "add", "origin", str(folder / "bare.git"))
    author.run("git", "clone", "-q", str(folder / "bare.git"), str(folder / "worker"))
    worker = Project(folder / "worker", author.environment)
    return Team(author, worker, folder / "store", folder / "bare.git")


@pytest.fixture
def tiny_team(tmp_path: Path, _built: Project) -> Team:
    return team(tmp_path, _built)


def pull(project: Project) -> tuple[int, str]:
    done = project.run(sys.executable, "-m", "lockstep.orchestrate.pull", check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_worker_fetches_the_newest_commit_and_its_data(tiny_team: Team) -> None:
    tiny_team.author.set(left=2)
    repro_here(tiny_team.author)
    push_here(tiny_team.author)
    tiny_team.author.commit("left is 2")
    tiny_team.author.run("git", "push", "-q", "origin", "main")
    code, said = pull(tiny_team.worker)
    assert code == 0, said
    assert tiny_team.worker.lock() == tiny_team.author.lock()
    assert (tiny_team.worker.root / "left.txt").read_text().startswith("left: 2")


def test_without_remotes_there_is_nothing_to_fetch_and_nothing_fails(tiny: Project) -> None:
    code, said = pull(tiny)
    assert code == 0, said
    assert "git: the current branch tracks no remote branch" in said
    assert "dvc: no default remote" in said


def test_stages_rebuild_what_the_dvc_remote_lacks(tiny_team: Team) -> None:
    shutil.rmtree(tiny_team.store)
    tiny_team.store.mkdir()
    code, said = pull(tiny_team.worker)
    assert code == 0, said


def test_a_diverged_checkout_is_reported_and_not_merged(tiny_team: Team) -> None:
    tiny_team.author.set(left=2)
    tiny_team.author.commit("theirs")
    tiny_team.author.run("git", "push", "-q", "origin", "main")
    tiny_team.worker.set(left=3)
    tiny_team.worker.commit("ours")
    head = tiny_team.worker.run("git", "rev-parse", "HEAD").stdout
    code, said = pull(tiny_team.worker)
    assert code == 2
    assert "git pull --ff-only failed" in said
    assert "Traceback" not in said
    assert tiny_team.worker.run("git", "rev-parse", "HEAD").stdout == head


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on PostgreSQL that schedules, with a work pool; its first start makes its tables."""
    from lockstep.orchestrate.server import embedded

    home = tmp_path_factory.mktemp("team")
    with postgres_database() as address:
        url = sa.make_url(address).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        environment = {
            "PREFECT_HOME": str(home),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "true",
        }
        with embedded(home, environment) as api:
            made = Server(api, home)
            pool = {"name": "lockstep", "type": "process", "base_job_template": _template()}
            made.request("POST", "work_pools/", json=pool)
            yield made


@pytest.fixture(scope="module")
def deployed(server: Server, _built: Project, tmp_path_factory: pytest.TempPathFactory) -> Team:
    made = team(tmp_path_factory.mktemp("project"), _built)
    done = made.author.run("prefect", "deploy", "--all", "--no-prompt", **server.environment)
    assert "Error" not in done.stdout
    return made


def test_prefect_deploy_creates_the_declared_deployments(server: Server, deployed: Team) -> None:
    found = {one["name"]: one for one in server.find("deployments")}
    wanted = {one.name: one for one in declared(deployed.author.root)}
    assert found.keys() == wanted.keys()
    for name, one in wanted.items():
        assert found[name]["work_pool_name"] == "lockstep"
        assert set(found[name]["tags"]) == set(one.tags)
        assert [s["schedule"]["cron"] for s in found[name]["schedules"]] == [s.cron for s in one.schedules]
        assert found[name]["global_concurrency_limit"]["limit"] == one.concurrency_limit


@pytest.mark.usefixtures("deployed")
def test_the_server_schedules_future_runs(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (runs := server.find("flow_runs", flow_runs={"tags": {"all_": ["retraining"]}})):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert all("T02:00:00" in run["expected_start_time"] for run in runs)


def test_a_worker_clones_the_repository_and_completes_a_run(server: Server, deployed: Team, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    places = {"LOCKSTEP_CHECKOUT": str(clone), "LOCKSTEP_REPOSITORY": str(deployed.bare)}
    environment = deployed.worker.env(**server.environment, **places)
    command = ["prefect", "worker", "start", "--type", "process", "--pool", "lockstep"]
    typed = deployed.author.run("prefect", "deployment", "run", "pipeline/manual", **server.environment).stdout
    name = re.search(r"Created flow run '([^']+)'", typed)[1]
    log = server.home / "worker.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=server.home, env=environment, stdout=out, stderr=out) as worker,
    ):
        try:
            deadline = time.monotonic() + PATIENCE
            while (run := server.find("flow_runs", flow_runs={"name": {"any_": [name]}})[0])["end_time"] is None:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.5)
        finally:
            ended(worker)
    assert (run["state_name"], run["state"]["message"]) == ("Completed", "4 cached"), log.read_text()
    assert traced(deployed.author) == []  # all of it came from the remote
    assert (clone / "join.txt").exists()


def ended(worker: subprocess.Popen[bytes]) -> None:
    """End a worker; one that hangs, because a run's process was ending at that moment, is killed."""
    worker.terminate()
    try:
        worker.wait(GRACE)
    except subprocess.TimeoutExpired:
        worker.kill()


def _template() -> dict[str, Any]:
    from prefect.workers.process import ProcessWorker

    return ProcessWorker.get_default_base_job_template()
