"""The ledger is in MLflow's database, or with an MLflow server in a database that is configured."""

from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import place as places
from lockstep.pipeline.track.backend import Backend, TrackingDownError
from lockstep.registry.aliases import VARIABLE, registry


def behind_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setenv(places.VARIABLE, "https://ann:geheim@mlflow.example")
    monkeypatch.delenv(VARIABLE, raising=False)
    client: Any = None  # is not asked
    where = places.place(tmp_path)
    return Backend(where.location.url, client, where)


def test_a_server_without_a_ledger_url_is_an_error_that_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LockstepError, match=rf"{VARIABLE}: not set; expected the URL of a database") as raised:
        registry(behind_a_server(tmp_path, monkeypatch), "churn")
    assert "geheim" not in str(raised.value)


def test_with_a_server_the_variable_sets_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = behind_a_server(tmp_path, monkeypatch)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/ledger.db")
    assert registry(backend, "churn").ledger.read("churn") == []
    assert (tmp_path / "ledger.db").is_file()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://ann:geheim@other.example", "not a database"),
        ("postgresql://ann:geheim@127.0.0.1:1/x", "127.0.0.1"),
        ("nowhere", "cannot be"),
    ],
)
def test_a_wrong_or_unreachable_database_is_reported_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    backend = behind_a_server(tmp_path, monkeypatch)
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(LockstepError) as raised:
        registry(backend, "churn")
    assert said in str(raised.value)
    assert "geheim" not in str(raised.value)
    assert "psycopg2" not in str(raised.value), "psycopg 3 is what is installed"


def test_an_error_of_the_database_is_a_tracking_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = behind_a_server(tmp_path, monkeypatch)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/no/such/folder/ledger.db")
    with pytest.raises(TrackingDownError, match="unable to open"):
        registry(backend, "churn")
