"""Lineage reads the registry: versions, aliases, runs and promotions."""

import os
import shutil
from unittest.mock import patch

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.registry.lineage import Registered
from lockstep.registry.promote import promote
from lockstep.registry.rollback import rollback
from tests.integration.registered_workspace import EQUAL, GOOD, versions_of

pytestmark = pytest.mark.xdist_group("registry")

MODEL = "data/models/model"


def asked(workspace: Workspace) -> tuple[Registered, list[str]]:
    warnings: list[str] = []
    return Registered(workspace, warnings.append), warnings


def test_a_version_is_found_by_number_name_and_alias_with_who_promoted_it(shop: Workspace) -> None:
    promote(shop, GOOD)
    promote(shop, EQUAL)
    rollback(shop)
    registry, _ = asked(shop)
    found = registry.find("champion")
    assert found is not None
    assert found == registry.find(str(GOOD))
    assert found == registry.find(found.label)
    assert [(one.alias, one.why) for one in found.promoted] == [("champion", "promote"), ("champion", "rollback")]
    other = registry.find(str(EQUAL))
    assert other is not None
    assert [one.why for one in other.promoted] == ["promote"]
    assert found.hashes[MODEL] != other.hashes[MODEL]


def test_versions_are_found_by_their_models_hash_newest_first(shop: Workspace) -> None:
    registry, _ = asked(shop)
    good, equal = registry.find(str(GOOD)), registry.find(str(EQUAL))
    assert good is not None
    assert equal is not None
    wanted = [good.hashes[MODEL], equal.hashes[MODEL]]
    assert [one.label for one in registry.holding(wanted)] == [equal.label, good.label]
    assert list(registry.holding(["0" * 32])) == []


def test_a_run_is_found_by_its_id_with_the_hashes_of_its_version(shop: Workspace) -> None:
    registry, _ = asked(shop)
    run_id = next(one.run_id for one in versions_of(shop) if one.number == GOOD)
    run, version = registry.find(run_id), registry.find(str(GOOD))
    assert run is not None
    assert version is not None
    assert run.hashes == version.hashes
    assert registry.find("f" * 32) is None


@pytest.mark.parametrize("text", ["99", "other/1", "main", "data/raw", "'; DROP TABLE runs; --/1"])
def test_a_missing_version_or_run_is_none(shop: Workspace, text: str) -> None:
    assert asked(shop)[0].find(text) is None


def test_a_query_creates_no_database(shop: Workspace) -> None:
    shutil.rmtree(shop.root / ".lockstep")
    registry, warnings = asked(shop)
    assert registry.find("1") is None
    assert list(registry.holding(["0" * 32])) == []
    assert (warnings, (shop.root / ".lockstep").exists()) == ([], False)


def test_an_unreachable_server_omits_versions_and_fails_only_a_query_by_name(shop: Workspace) -> None:
    with patch.dict(os.environ, {"MLFLOW_TRACKING_URI": "postgresql://ann:s3cret@127.0.0.1:1/mlflow"}):
        registry, warnings = asked(shop)
        assert list(registry.holding(["0" * 32])) == []
        with pytest.raises(LockstepError, match=r"127\.0\.0\.1:1"):
            registry.find("champion")
    assert len(warnings) == 1
    assert "s3cret" not in warnings[0]
