"""The outcome of `dvc repro` on one stage, from its exit code and its last lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

INPUT = 2  # exit code of `lockstep`: what was given is wrong
UNAVAILABLE = 75  # EX_TEMPFAIL of sysexits.h: a retry may help; `lockstep` is asked to use it
SHOWN = 12  # lines of a command that is not ours

LOCKED = re.compile(r"Unable to acquire lock|is busy, it is being blocked by")
EXITED = re.compile(r"^ERROR: .*?failed to run: (?P<command>.*), exited with (?P<code>-?\d+)\s*$", re.DOTALL)
"""DVC's last word on a command that failed; the command may have many lines."""
OWN = "lockstep: "


class Fault(StrEnum):
    """Why a stage failed; the value is the name of the state that a task ends in."""

    INPUT = "Failed"
    """Parameters, contracts, data, or the pipeline itself: a retry cannot help."""
    UNAVAILABLE = "Unavailable"
    """A database that is down, a lock that is held."""
    KILLED = "Killed"
    """By a signal: out of memory, or a user."""
    ERRORED = "Errored"
    """The command's exit code does not say why."""
    TIMED_OUT = "TimedOut"

    @property
    def transient(self) -> bool:
        """Whether a retry may succeed."""
        return self is not Fault.INPUT


@dataclass(frozen=True)
class Failure:
    """A stage that failed, with its own message."""

    fault: Fault
    message: str
    locked: bool = False
    """DVC could not start because another DVC command holds its lock."""


Outcome = Literal["ran", "restored", "unchanged"]
"""The command was run; the outputs came from DVC's cache; there was nothing to do."""


def outcome(lines: Sequence[str]) -> Outcome:
    """Return what a `dvc repro --single-item` that succeeded did."""
    if any(line.startswith("Running stage ") for line in lines):
        return "ran"
    return "restored" if any("is cached - skipping run" in line for line in lines) else "unchanged"


def failure(stage: str, code: int, lines: Sequence[str]) -> Failure:
    """Return why a `dvc repro --single-item` failed.

    Args:
        stage: its name.
        code: exit code of `dvc`; negative where a signal ended it.
        lines: what it printed.
    """
    if code < 0:
        return Failure(Fault.KILLED, f"{stage}: dvc was killed by signal {-code}")
    last = next((number for number in reversed(range(len(lines))) if lines[number].startswith("ERROR: ")), len(lines))
    found = EXITED.match("\n".join(list(lines)[last:]))
    if found is None:
        locked = any(LOCKED.search(line) for line in lines)
        return Failure(Fault.UNAVAILABLE if locked else Fault.INPUT, _words(stage, _of_dvc(lines)), locked=locked)
    said = _after_echo(list(lines)[:last], found["command"].split("\n"))
    return Failure(_fault(int(found["code"])), _words(stage, _of_command(said) or [f"exit code {found['code']}"]))


def _fault(exited: int) -> Fault:
    if exited < 0 or exited > 128:  # a shell reports a signal as 128 + its number  # noqa: PLR2004
        return Fault.KILLED
    return {INPUT: Fault.INPUT, UNAVAILABLE: Fault.UNAVAILABLE}.get(exited, Fault.ERRORED)


def _after_echo(lines: Sequence[str], command: Sequence[str]) -> Sequence[str]:
    """Return what came after DVC showed the command that it was about to run."""
    shown = [number for number, line in enumerate(lines) if line == f"> {command[0]}"]
    return lines[shown[-1] + len(command) :] if shown else lines


def _of_command(lines: Sequence[str]) -> Sequence[str]:
    """Return the command's own message: from `lockstep: ` on, or else its last lines."""
    begins = [number for number, line in enumerate(lines) if line.startswith(OWN)]
    return lines[begins[-1] :] if begins else [line for line in lines if line.strip()][-SHOWN:]


def _of_dvc(lines: Sequence[str]) -> Sequence[str]:
    begins = next((number for number, line in enumerate(lines) if line.startswith("ERROR: ")), 0)
    return lines[begins : begins + SHOWN]


def _words(stage: str, lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines).strip().removeprefix(OWN).removeprefix("ERROR: ")
    return f"{stage}: {text}"
