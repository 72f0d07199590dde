"""The shop, ingested: same bytes from SQLite and PostgreSQL, by cursor and by Arrow driver, however it is run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lockstep.core.files import sha256
from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.params.pipeline.source import SourceSpec
from lockstep.pipeline.ingest.extract import extract
from lockstep.pipeline.ingest.sources import arrow_driver
from lockstep.pipeline.simulate.database import write
from tests.contract.filled_sources import postgres_database

ROOT = Path(__file__).parents[2]
SHOP = SimulateSpec(customers=1500, months=6)
AS_OF = "2024-05-15 12:30:00"


def hashes(workspace: Workspace) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted(workspace.raw.iterdir())}


def ingest(url: str, root: Path) -> dict[str, str]:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["source"]
    shutil.copytree(ROOT / "contracts", root / "contracts", dirs_exist_ok=True)
    extract(SourceSpec.model_validate({**params, "url": url, "as_of": AS_OF}), Workspace(root), Progress("test"))
    return hashes(Workspace(root))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    write(f"sqlite:///{path}", SHOP, 7)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def reference(shop: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return ingest(shop, tmp_path_factory.mktemp("reference"))


def test_postgresql_gives_the_same_bytes_as_sqlite(reference: dict[str, str], tmp_path: Path) -> None:
    with postgres_database() as url:
        write(url, SHOP, 7)
        assert ingest(url, tmp_path) == reference


def test_without_the_arrow_driver_the_bytes_are_the_same(
    shop: str, reference: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_driver, "driver", lambda _dialect: None)
    assert ingest(shop, tmp_path) == reference


@pytest.mark.parametrize(
    ("threads", "zone", "seed", "language"),
    [("1", "Asia/Kolkata", "1", "C"), ("4", "America/St_Johns", "2", "C.UTF-8")],
)
def test_neither_threads_zone_seed_nor_locale_show_in_the_bytes(
    shop: str, reference: dict[str, str], tmp_path: Path, threads: str, zone: str, seed: str, language: str
) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["source"].update(url=shop, as_of=AS_OF)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    changed = {"LOCKSTEP_THREADS": threads, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": language, "PGTZ": zone}
    command = [sys.executable, "-c", "from lockstep.cli import main; main()", "stage", "ingest"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **changed}, check=True, capture_output=True)
    assert hashes(Workspace(tmp_path)) == reference


def test_ingest_loads_no_library_that_it_does_not_use(tmp_path: Path) -> None:
    code = "import sys, lockstep.pipeline.ingest.stage, lockstep.pipeline.ingest.sources.database; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert not {"pandas", "pandera", "sklearn", "scipy", "ibis", "rich"} & set(result.stdout.split())
