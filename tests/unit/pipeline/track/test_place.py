"""Address of the tracking backend, with and without its password."""

from pathlib import Path

import pytest

from lockstep.pipeline.track.pages import command, environment
from lockstep.pipeline.track.place import main_checkout, place


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_DEFAULT_ARTIFACT_ROOT", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def test_the_default_database_is_in_the_checkout(tmp_path: Path) -> None:
    found = place(tmp_path)
    assert found.location.url == f"sqlite:///{tmp_path}/.lockstep/mlflow.db"
    assert found.artifacts == (tmp_path / ".lockstep" / "artifacts").as_uri()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        (".lockstep/worktrees/retraining", ""),
        (".dvc/tmp/exps/standalone/tmpabc", ""),
        (".dvc/tmp", ".dvc/tmp"),
        ("a/.lockstep/worktrees/night", "a"),
        ("plain", "plain"),
    ],
)
def test_a_temporary_checkout_keeps_its_runs_in_the_main_checkout(inside: str, kept: str, tmp_path: Path) -> None:
    assert main_checkout(tmp_path / inside) == tmp_path / kept


@pytest.mark.parametrize(
    ("uri", "url", "shown"),
    [
        ("postgres://me:pw12@h/d", "postgresql+psycopg://me:pw12@h/d", "postgres://me:***@h/d"),
        ("postgresql+psycopg2://me@h/d", "postgresql+psycopg2://me@h/d", "postgresql+psycopg2://me@h/d"),
        ("https://me:to%20ken@h", "https://me:to%20ken@h", "https://me:***@h"),
        ("postgresql://h/d?password=pw12", "postgresql+psycopg://h/d?password=pw12", "postgresql://h/d?password=***"),
    ],
)
def test_a_uri_is_shown_without_its_password(uri: str, url: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    found = place(Path.cwd())
    assert (found.location.url, found.location.shown) == (url, shown)
    assert "pw12" not in repr(found)
    assert found.location.redact(f"FATAL: {uri}") == f"FATAL: {shown}"


def test_artifacts_are_configured_for_a_database_and_not_for_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.internal")
    assert place(Path.cwd()).artifacts is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://db/runs")
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://bucket/runs")
    assert place(Path.cwd()).artifacts == "s3://bucket/runs"


def test_checkouts_that_share_a_sqlite_database_share_its_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs.db")
    assert place(tmp_path / "a").lock == place(tmp_path / "b").lock


def test_the_web_server_listens_on_the_given_host_and_no_argument_has_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:geheim@h/d")
    run = command("127.0.0.1", 5000)
    assert run[run.index("--host") + 1] == "127.0.0.1"
    assert "geheim" not in " ".join(run)
    assert environment(place(Path.cwd()), {})["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg://me:geheim@h/d"
