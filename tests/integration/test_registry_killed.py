"""`kill -9` in the middle of register, promote, rollback: ledger and aliases agree afterwards, without duplicates."""

import shutil
from pathlib import Path

import pytest

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.backend import connect
from lockstep.registry.history import history
from lockstep.registry.promote import promote
from lockstep.registry.register import register
from lockstep.registry.rollback import rollback
from lockstep.registry.state import champion_of
from tests.integration.registered_workspace import (
    EQUAL,
    GOOD,
    WORSE,
    Made,
    aliases_of,
    book,
    start,
    told,
    versions_of,
)
from tests.integration.tracked_workspace import copy_of, embedded, models, runs

pytestmark = pytest.mark.xdist_group("registry")


def agrees(workspace: Workspace) -> bool:
    """Tell whether the alias is where the ledger says."""
    found = history(workspace)
    return found.moved_by_hand is None and found.aliases.get("champion") == champion_of(found.entries)


@pytest.mark.parametrize(
    "method", ["create_logged_model", "create_registered_model", "create_model_version", "set_registered_model_alias"]
)
def test_a_killed_register_is_completed_by_a_repeat(versions: Made, empty: Path, tmp_path: Path, method: str) -> None:
    with embedded():
        workspace = copy_of(versions.results[GOOD], empty, tmp_path / "shop")
        assert start(workspace, "register", kill_after=method).wait() == "killed"
        assert agrees(workspace)
        register(workspace)
        (version,) = versions_of(workspace)
        assert aliases_of(workspace) == {"challenger": version.number}
        backend = connect(workspace.root)
        assert (len(runs(backend)), len(models(backend))) == (1, 1)
        assert not register(workspace).new
        assert promote(workspace).yes, "its files are whole"


@pytest.mark.parametrize("method", ["append", "set_registered_model_alias", "set_registered_model_tag"])
def test_a_promotion_killed_after_the_ledger_entry_is_completed_by_the_next_reader(
    shop: Workspace, tmp_path: Path, method: str
) -> None:
    promote(shop, GOOD)
    assert start(shop, "promote", kill_after=method, number=EQUAL).wait() == "killed"
    looking = {"history": history, "again": lambda it: promote(it, EQUAL), "register": register}
    for name, look in looking.items():
        folder = tmp_path / name
        shutil.copytree(shop.root / ".lockstep", folder / ".lockstep", ignore=shutil.ignore_patterns("artifacts"))
        for part in ("data", "params.yaml", "dvc.lock"):
            (folder / part).symlink_to(shop.root / part)
        workspace = Workspace(folder)
        if name == "register":
            workspace = shop
        look(workspace)
        assert told(workspace) == [("promote", None, GOOD), ("promote", GOOD, EQUAL)], name
        assert aliases_of(workspace)["champion"] == EQUAL, name
        assert agrees(workspace), name


def test_a_promotion_killed_before_the_ledger_entry_changes_nothing(shop: Workspace) -> None:
    promote(shop, GOOD)
    assert start(shop, "promote", kill_after="download_artifacts", calls=4, number=EQUAL).wait() == "killed"
    assert told(shop) == [("promote", None, GOOD)]
    assert agrees(shop)
    assert promote(shop, EQUAL).yes
    assert told(shop) == [("promote", None, GOOD), ("promote", GOOD, EQUAL)]


def test_a_killed_refusal_moves_no_alias(shop: Workspace) -> None:
    promote(shop, GOOD)
    assert start(shop, "promote", kill_after="append", number=WORSE).wait() == "killed"
    assert told(shop) == [("promote", None, GOOD), ("refused", GOOD, WORSE)]
    assert aliases_of(shop)["champion"] == GOOD
    assert agrees(shop)


@pytest.mark.parametrize("method", ["append", "set_registered_model_alias", "set_registered_model_tag"])
def test_a_rollback_killed_after_the_ledger_entry_happens_once(shop: Workspace, method: str) -> None:
    promote(shop, GOOD)
    promote(shop, EQUAL)
    assert start(shop, "rollback", kill_after=method).wait() == "killed"
    assert agrees(shop)
    assert aliases_of(shop)["champion"] == GOOD
    assert told(shop)[2:] == [("rollback", EQUAL, GOOD)]
    assert len(versions_of(shop)) == 3


def test_the_lock_of_a_killed_process_is_released(shop: Workspace) -> None:
    assert start(shop, "promote", kill_after="append", number=GOOD).wait() == "killed"
    assert promote(shop, EQUAL).yes
    assert rollback(shop).version.number == GOOD
    assert [one.number for one in book(shop).entries()] == [1, 2, 3]
