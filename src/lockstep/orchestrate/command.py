"""A flow as a command: `python -m flows.NAME [-p KEY=VALUE]...`, values in JSON or plain text."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import httpx
from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.server import reachable


def main(flow: Flow[..., Any]) -> None:
    """Run a flow in this process, on the configured server or a temporary one; exit with 0 if it succeeded."""
    given = _parse(flow)
    try:
        with reachable(Path.cwd()):
            state: State[Any] = flow(**given, return_state=True)  # type: ignore[assignment] # a flow that is not async
    except (LockstepError, ParameterTypeError) as error:
        print(f"{flow.name}: {error}", file=sys.stderr)
        sys.exit(2)
    except httpx.HTTPError as error:
        print(f"{flow.name}: Prefect's server stopped answering ({error}); finished stages are kept", file=sys.stderr)
        sys.exit(1)
    message = state.message or state.name
    print(f"{flow.name}: {message}", file=sys.stdout if state.is_completed() else sys.stderr)
    sys.exit(0 if state.is_completed() else 1)


def _parse(flow: Flow[..., Any]) -> dict[str, Any]:
    names = ", ".join(flow.parameters.properties)
    parser = argparse.ArgumentParser(prog=f"python -m flows.{flow.name}", description=flow.description)
    parser.add_argument("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help=f"one of: {names}")
    given = {}
    for text in parser.parse_args().param:
        key, equals, value = text.partition("=")
        if not equals or key not in flow.parameters.properties:
            parser.error(f"-p {text}: expected KEY=VALUE with a key of {names}")
        given[key] = _value(value)
    return given


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
