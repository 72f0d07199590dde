"""Wrong input is reported in one message: what, where, what was expected; exit code 2; the old outputs stay."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import Project, edit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad")]


@pytest.fixture(scope="module")
def bench(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return one copy for the module; `restored` puts back what a test breaks."""
    return built.copy(tmp_path_factory.mktemp("bad") / "shop")


@pytest.fixture
def restored(bench: Project) -> Iterator[Project]:
    """Return the copy, and put its files back afterwards."""
    before = digests(bench.root / "data")
    yield bench
    bench.run("git", "checkout", "-q", ".")
    if digests(bench.root / "data") != before:
        bench.run("dvc", "checkout", "-q", "--force")


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file that is not hidden."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refused(project: Project, stage: str, **environment: str) -> str:
    """Run a stage that must fail as a user's fault, and return what it said."""
    before = digests(project.root / "data")
    done = project.run("lockstep", "stage", stage, check=False, **environment)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 25, said
    assert digests(project.root / "data") == before, "outputs changed though the stage failed"
    assert not list((project.root / "data").rglob(".*.partial")), "half an output was left"
    return said


PARAMS: list[tuple[str, str, Any, list[str]]] = [
    ("ingest", "train.estimatr", 1, ["params.yaml", "train.estimatr", "did you mean 'estimator'"]),
    ("ingest", "seed", "seven", ["params.yaml", "seed", "got 'seven'"]),
    ("ingest", "process.max_reject_share", 2, ["params.yaml", "process.max_reject_share", "got 2"]),
    ("ingest", "source.url", "sqlite:///data/source/none.db", ["source.url", "none.db"]),
    ("ingest", "source.url", "${LOCKSTEP_TEST_UNSET}", ["LOCKSTEP_TEST_UNSET"]),
    ("ingest", "source.url", "nonsense://x", ["source.url", "nonsense"]),
    ("ingest", "source.as_of", "2020-01-01", ["as_of", "2020-01-01"]),
    ("ingest", "source.tables.orders.table", "ordrs", ["ordrs", "orders"]),
    ("ingest", "source.tables.orders.time", "bought_at", ["bought_at", "orders"]),
    ("process", "process.max_reject_share", 0.0001, ["orders", "max_reject_share"]),
    ("features", "source.as_of", "2024-06-30", ["as_of", "2024-06-30", "cutoffs"]),
    ("features", "features.expressions.odd", "orders_count_91d / 2", ["features.expressions.odd", "orders_count_9"]),
    ("features", "features.expressions.odd", "__import__('os').system('true')", ["features.expressions.odd"]),
    ("features", "features.aggregates.orders.category", ["sum"], ["orders", "category", "sum"]),
    ("features", "features.attributes.customers", ["shoe_size"], ["shoe_size"]),
    ("tune", "tune.metric", "rmse", ["tune.metric", "'rmse'", "average_precision"]),
    ("tune", "tune.folds", 40, ["tune.folds", "40"]),
    ("evaluate", "evaluate.segments", ["plann"], ["plann", "plan"]),
    ("evaluate", "evaluate.gates.min", {"auroc": 0.5}, ["auroc"]),
    ("drift", "drift.ignore", ["tenur"], ["drift.ignore", "tenur", "tenure"]),
]


@pytest.mark.parametrize(("stage", "key", "value", "expected"), PARAMS, ids=lambda v: v if isinstance(v, str) else "")
def test_params(restored: Project, stage: str, key: str, value: Any, expected: list[str]) -> None:
    edit(restored.root / "params.yaml", {key: value})
    said = refused(restored, stage)
    for part in expected:
        assert part in said


def test_malformed_yaml(restored: Project) -> None:
    (restored.root / "params.yaml").write_text("seed: [1\nsource: {")
    assert re.search(r"params\.yaml: not valid YAML\s+- line \d+", refused(restored, "ingest"))


def test_no_params_at_all(restored: Project) -> None:
    (restored.root / "params.yaml").unlink()
    assert "params.yaml: missing" in refused(restored, "ingest")


def test_a_label_that_never_varies(restored: Project) -> None:
    """Nobody orders nothing in ten months: all labels are 0."""
    edit(restored.root / "params.yaml", {"problem.label.horizon": "1m", "split.embargo": None})
    said = refused(restored, "features")
    assert "label" in said
    assert "train" in said


def test_a_missing_contract_and_a_damaged_one(restored: Project) -> None:
    contract = restored.root / "contracts" / "orders.yaml"
    contract.write_text("columns: [")
    assert "orders.yaml" in refused(restored, "ingest")
    contract.unlink()
    assert "lockstep contracts infer" in refused(restored, "ingest")


def test_a_column_that_the_source_does_not_have(restored: Project) -> None:
    contract = restored.root / "contracts" / "orders.yaml"
    document = yaml.safe_load(contract.read_text())
    document["columns"]["voucher"] = {"dtype": "str", "nullable": True}
    contract.write_text(yaml.safe_dump(document, sort_keys=False))
    said = refused(restored, "ingest")
    assert "voucher" in said
    assert "orders" in said


@pytest.mark.parametrize(
    ("stage", "file"),
    [
        ("process", "raw/orders.parquet"),
        ("features", "processed/orders.parquet"),
        ("tune", "features/train.parquet"),
        ("train", "features/valid.parquet"),
        ("evaluate", "models/model/model.onnx"),
        ("drift", "features/reference.parquet"),
        ("drift", "models/model/model.onnx"),
    ],
)
def test_a_damaged_file_is_named(restored: Project, stage: str, file: str) -> None:
    path = restored.root / "data" / file
    good = path.read_bytes()
    path.chmod(0o644)
    path.unlink()  # a link into the cache must not be written through
    path.write_bytes(good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1 :])
    said = refused(restored, stage)
    assert path.name in said
    assert "damaged" in said


@pytest.mark.parametrize("text", ["", "{", "[]", '{"as_of": 3}'])
def test_a_damaged_manifest_is_named(restored: Project, text: str) -> None:
    path = restored.root / "data" / "features" / "manifest.json"
    path.unlink()
    path.write_text(text)
    assert "data/features/manifest.json: damaged" in refused(restored, "drift")


def test_an_unreachable_database_tells_no_password(restored: Project) -> None:
    edit(restored.root / "params.yaml", {"source.url": "postgresql://someone:${SECRET_WORD}@127.0.0.1:1/shop"})
    said = refused(restored, "ingest", SECRET_WORD="hunter2-and-more")
    assert "${SECRET_WORD}@127.0.0.1:1/shop: connection failed" in said
    assert "hunter2" not in said
    assert "hunter2" not in (restored.root / "dvc.lock").read_text()
    for log in (restored.root / ".lockstep").rglob("*"):
        assert not log.is_file() or b"hunter2" not in log.read_bytes()


def test_a_scheduler_is_told_that_an_unreachable_database_may_come_back(restored: Project) -> None:
    edit(restored.root / "params.yaml", {"source.url": "postgresql://someone@127.0.0.1:1/shop"})
    done = restored.run("lockstep", "stage", "ingest", check=False, LOCKSTEP_TRANSIENT_EXIT_CODE="75")
    assert done.returncode == 75, done.stderr
    edit(restored.root / "params.yaml", {"source.url": "nonsense://x"})
    assert restored.run("lockstep", "stage", "ingest", check=False, LOCKSTEP_TRANSIENT_EXIT_CODE="75").returncode == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="needs root to mount a small tmpfs")
@pytest.mark.parametrize("stage", ["ingest", "process", "features", "train"])
def test_a_full_disk(restored: Project, tmp_path: Path, stage: str) -> None:
    """Outputs on a tmpfs without room: a message that says so, nothing half-written."""
    folder = restored.root / "data"
    small = tmp_path / "small"
    small.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"mounting a tmpfs is not allowed here: {error.stderr!r}")
    try:
        shutil.copytree(folder, small / "data")
        room = shutil.disk_usage(small).free
        (small / "ballast").write_bytes(b"\0" * max(0, room - 8192))
        shutil.move(folder, tmp_path / "aside")
        folder.symlink_to(small / "data")
        said = refused(restored, stage)
        assert "full" in said or "space" in said
    finally:
        folder.unlink(missing_ok=True)
        shutil.move(tmp_path / "aside", folder)
        subprocess.run(["umount", str(small)], check=True)


def test_a_failed_repro_keeps_the_last_good_outputs_in_the_cache(project: Project) -> None:
    """DVC removes a stage's outputs before it runs; undoing the mistake brings them back without work."""
    edit(project.root / "params.yaml", {"process.max_reject_share": 0.0001})
    assert project.run("dvc", "repro", check=False).returncode != 0
    project.run("git", "checkout", "-q", "params.yaml")
    assert project.ran(project.run("dvc", "repro").stdout) == []
    assert json.loads((project.root / "data/processed/manifest.json").read_text())["tables"]
    assert project.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."


def test_an_unknown_stage_and_an_unknown_command(built: Project) -> None:
    done = built.run("lockstep", "stage", "trian", check=False)
    assert (done.returncode, "did you mean 'train'" in done.stderr) == (2, True)
    assert built.run("lockstep", "nonsense", check=False).returncode == 2
