"""The two real data sets: read with nothing but their own params.yaml and contracts."""

import os
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lockstep.core.manifest import Manifest
from lockstep.core.progress import Progress
from lockstep.core.spec import load
from lockstep.core.workspace import Workspace
from lockstep.pipeline.ingest import stage as ingest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("LOCKSTEP_DATA") or ROOT.parent / "shared" / "data")


def raw(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    if not (DATA / "telco.csv").is_file():
        pytest.skip(f"no data in {DATA}; LOCKSTEP_DATA names another folder")
    monkeypatch.setenv("LOCKSTEP_DATA", str(DATA))
    shutil.copytree(ROOT / "examples" / name, tmp_path, dirs_exist_ok=True)
    workspace = Workspace(tmp_path)
    ingest.run(load(ingest.Inputs, workspace.params), workspace, Progress("ingest"))
    assert Manifest.read(workspace.raw).tables["malformed"].rows == 0
    return workspace


def test_telco_has_its_rows_and_a_blank_charge_is_a_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pq.read_table(raw("telco", tmp_path, monkeypatch).raw / "telco.parquet")
    assert table.num_rows == 7043
    charges = table["TotalCharges"]
    assert charges.null_count == 11
    assert pc.unique(table["tenure"].filter(charges.is_null())).to_pylist() == [0]
    assert table["customerID"].to_pylist() == sorted(table["customerID"].to_pylist())


def test_cdnow_is_read_from_columns_set_apart_by_blanks_up_to_as_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = raw("cdnow", tmp_path, monkeypatch)
    as_of = load(ingest.Inputs, workspace.params).source.as_of
    table = pq.read_table(workspace.raw / "purchases.parquet")
    lines = [line.split() for line in (DATA / "cdnow.txt").read_text().splitlines()]
    before = [line for line in lines if line[1] < as_of.strftime("%Y%m%d")]
    assert table.num_rows == len(before)
    assert pc.sum(table["quantity"]).as_py() == sum(int(line[2]) for line in before)
    assert pc.sum(table["amount"]).as_py() == pytest.approx(sum(float(line[3]) for line in before))
    assert table["customer_id"][0].as_py() == "00001"
