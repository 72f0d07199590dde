"""`make up` that cannot work: one message with the reason, at once."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.deployments import declared
from tests.e2e.project import ROOT

pytestmark = pytest.mark.xdist_group("flows-serve")


def serve(folder: Path, url: str) -> tuple[int, str]:
    environment = {"PREFECT_API_URL": url, "PREFECT_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "lockstep.orchestrate.serve"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.slow
def test_a_port_in_use_is_one_message(tmp_path: Path) -> None:
    shutil.copy(ROOT / "prefect.yaml", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, said = serve(tmp_path, f"http://{address}/api")
    assert code == 2
    assert said == f"make up: {address}: in use, and not by a Prefect server; set another port in prefect.toml\n"


@pytest.mark.slow
def test_a_remote_server_that_does_not_answer_is_one_message(tmp_path: Path) -> None:
    shutil.copy(ROOT / "prefect.yaml", tmp_path)
    code, said = serve(tmp_path, "http://nowhere.invalid:4200/api")
    assert (code, said) == (
        2,
        "make up: http://nowhere.invalid:4200/api: no Prefect server answers (PREFECT_API_URL)\n",
    )


def test_a_folder_without_deployments_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(LockstepError, match=r"prefect\.yaml: no such file"):
        declared(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deployments: [{name: a, entrypoint: b.c, schedule: {cron: x}}]", "schedule: Extra inputs"),
        ("deployments: [{name: a}]", "entrypoint: Field required"),
        ("deployments: [{name: a, entrypoint: b.c, concurrency_limit: 0}]", "concurrency_limit: .* greater than"),
        ("deployments: 3", "list `deployments`"),
        ("[", "list `deployments`"),
        ("other: 1", "list `deployments`"),
    ],
)
def test_a_deployment_that_cannot_be_served_is_named(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(text)
    with pytest.raises(LockstepError) as raised:
        declared(tmp_path)
    assert re.search(expected, str(raised.value)), str(raised.value)
