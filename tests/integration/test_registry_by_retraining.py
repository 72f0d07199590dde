"""The retraining flow registers and promotes a recommended challenger as a person's commands do."""

import logging
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from lockstep.core.spec import read_document
from lockstep.core.workspace import Workspace
from lockstep.orchestrate import challenger
from lockstep.params.document import Params
from lockstep.params.retrain import RetrainSpec
from lockstep.registry.history import History, history

pytestmark = pytest.mark.xdist_group("registry")


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    with patch.object(challenger, "get_run_logger", lambda: logging.getLogger("flow")):
        yield


def promoted(workspace: Workspace, mode: str) -> tuple[str, History]:
    """Return what the flow says of a challenger, and the history after it."""
    spec = RetrainSpec.model_validate({**read_document(workspace.params).get("retrain", {}), "promotion": mode})
    said = challenger.promote_challenger(workspace.root, Params.model_construct(retrain=spec))
    return said, history(workspace)


def test_disabled_registers_nothing(shop: Workspace) -> None:
    before = history(shop)
    assert promoted(shop, "disabled") == ("", before)


def test_a_dry_run_registers_and_reports_the_decision(shop: Workspace) -> None:
    said, found = promoted(shop, "dry_run")
    assert "version 1 would be champion (dry run)" in said
    assert (dict(found.aliases), found.entries) == ({"challenger": 1}, [])


def test_enabled_promotes_if_the_rules_allow(shop: Workspace) -> None:
    said, found = promoted(shop, "enabled")
    assert "version 1 is champion; before: none" in said
    assert found.aliases["champion"] == 1
    assert [(entry.action, entry.forced) for entry in found.entries] == [("promote", False)]
