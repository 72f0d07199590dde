"""What the cache lacks comes from the remote of this checkout; errors do not show its password."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.versioning import fetch
from tests.integration.reviewed_repository import Repository, evaluated
from tests.integration.test_review_hostile import reviewed

REMOTE = "[core]\n    remote = there\n    analytics = false\n['remote \"there\"']\n    url = {url}\n"


@pytest.fixture
def lacking(tmp_path: Path) -> Any:
    """A repository of two commits whose cache has moved to a remote."""
    repository = Repository(tmp_path / "project")
    base, head = repository.commit(evaluated(2.0)), repository.commit(evaluated(0.2, roc__csv=None))
    shutil.move(repository.root / ".dvc" / "cache", tmp_path / "remote")
    return repository, base, head


def test_what_the_cache_lacks_comes_from_the_remote_also_single_files_of_a_folder(lacking: Any, tmp_path: Path) -> None:
    repository, base, head = lacking
    (repository.root / ".dvc" / "config").write_text(REMOTE.format(url=tmp_path / "remote"))
    found = reviewed(repository, base, head)
    assert (found.verdict.standing, found.left_out) == ("better", ())


def test_without_a_remote_it_is_left_out(lacking: Any) -> None:
    found = reviewed(*lacking)
    assert found.verdict.standing == "unknown"
    assert any("is not in the cache" in one for one in found.left_out)


def test_a_failed_fetch_is_reported_with_dvcs_message_without_the_password(
    lacking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, base, head = lacking
    (repository.root / ".dvc" / "config").write_text(REMOTE.format(url="ssh://me:hunter2@localhost:1/x"))
    said = ["WARNING: x", "ERROR: cannot connect to ssh://me:hunter2@localhost:1/x", "", "Having any troubles?"]
    run = fetch.run

    def failing(command: Any, *rest: Any) -> Any:
        if command[:2] == ["dvc", "fetch"]:
            raise LockstepError("`dvc fetch` failed", said)
        return run(command, *rest)

    monkeypatch.setattr(fetch, "run", failing)
    found = reviewed(repository, base, head)
    assert found.left_out[0] == "`dvc fetch`: cannot connect to ssh://***@localhost:1/x"
    assert "hunter2" not in found.model_dump_json()
