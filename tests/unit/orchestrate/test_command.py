"""A flow as a command: its messages."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from lockstep.orchestrate import command


class Lost:
    """A flow whose server goes away while it runs."""

    name = "lost"
    description = ""
    parameters = SimpleNamespace(properties={})

    def __call__(self, **_: Any) -> None:
        raise httpx.ConnectError("Connection refused")


def test_a_lost_server_is_one_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "reachable", nullcontext)
    monkeypatch.setattr("sys.argv", ["lost"])
    with pytest.raises(SystemExit) as left:
        command.main(Lost())
    assert left.value.code == 1
    said = "lost: Prefect's server stopped answering (Connection refused); finished stages are kept\n"
    assert capsys.readouterr() == ("", said)
