"""The shop's known dirt, and nothing else, is what the shop's contracts reject."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.core.files import read_json
from lockstep.core.progress import Progress
from lockstep.core.spec import load, read_document
from lockstep.core.workspace import Workspace
from lockstep.pipeline.ingest import stage as ingest
from lockstep.pipeline.process import stage as process
from lockstep.pipeline.process.checks import load_contract
from lockstep.pipeline.simulate import stage as simulate

ROOT = Path(__file__).parents[2]
CHECK_OF = {"not_nullable": "null", "isin": "unknown_code", "in_range": "negative", "orphan": "orphan"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small shop, read to its end: only what is dated in the far future stays unread."""
    workspace = Workspace(tmp_path_factory.mktemp("shop"))
    document = read_document(ROOT / "params.yaml")
    document["simulate"]["customers"] = 1200
    document["source"]["as_of"] = "2030-01-01"
    document["source"]["url"] = f"sqlite:///{workspace.root}/data/source/shop.db"
    workspace.params.write_text(yaml.safe_dump(document))
    workspace.contracts.symlink_to(ROOT / "contracts")
    for stage in (simulate, ingest, process):
        stage.run(load(stage.Inputs, workspace.params), workspace, Progress("test"))
    return workspace


def test_every_reject_is_dirt_that_was_put_in_and_all_of_it_is_found(workspace: Workspace) -> None:
    put_in = read_json(workspace.source / "simulation.json")["tables"]
    report = read_json(workspace.processed / "quality.json")
    for name, table in report.items():
        dirt = {kind: entry["rows"] for kind, entry in put_in[name]["dirt"].items() if kind != "future"}
        found: Counter[str] = Counter()
        for checks in table["rejects"].values():
            for check, rows in checks.items():
                if check != "unique":
                    found[CHECK_OF[check]] += rows
        found += Counter({"copy": table["duplicates"]["identical"], "conflict": table["duplicates"]["same_key"]})
        assert found == Counter(dirt), name
        assert sum(dirt.values()) > 0
        assert table["rejected"] == sum(dirt.values())


def test_what_is_kept_is_as_many_rows_as_were_clean(workspace: Workspace) -> None:
    put_in = read_json(workspace.source / "simulation.json")["tables"]
    report: dict[str, Any] = read_json(workspace.processed / "quality.json")
    for name, table in report.items():
        clean = put_in[name]["rows"] - sum(entry["rows"] for entry in put_in[name]["dirt"].values())
        assert table["rows_out"] == clean


def test_the_share_of_rejects_is_within_the_limit_that_params_yaml_sets(workspace: Workspace) -> None:
    limit = read_document(ROOT / "params.yaml")["process"]["max_reject_share"]
    for table in read_json(workspace.processed / "quality.json").values():
        assert 0 < table["rejected"] <= limit * table["rows_in"]


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("contracts/*.yaml"), *ROOT.glob("examples/*/contracts/*.yaml")]),
    ids=lambda path: path.stem,
)
def test_every_contract_of_the_repository_can_be_loaded(path: Path) -> None:
    assert load_contract(path).columns
