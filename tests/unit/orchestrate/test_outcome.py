"""Faults are classified by exit codes and DVC's messages, whatever the stage printed before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.orchestrate.running.outcome import Fault, failure, outcome

LINE = st.text(st.characters(exclude_characters="\n\r"), max_size=40)


def printed(command: str, said: list[str], code: int) -> list[str]:
    """Return what DVC prints of a stage whose command fails."""
    ended = f"ERROR: failed to reproduce 's': failed to run: {command}, exited with {code}"
    return ["Running stage 's':", *f"> {command}".split("\n"), *said, *ended.split("\n")]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (2, Fault.INPUT),
        (75, Fault.UNAVAILABLE),
        (1, Fault.ERRORED),
        (127, Fault.ERRORED),
        (137, Fault.KILLED),
        (-9, Fault.KILLED),
    ],
)
@pytest.mark.parametrize("command", ["x", "x\ny, exited with 3\n"])
def test_the_code_of_the_command_decides(command: str, code: int, fault: Fault) -> None:
    found = failure("s", 255, printed(command, ["oh"], code))
    assert (found.fault, found.message, found.locked) == (fault, "s: oh", False)


def test_only_input_errors_are_not_retried() -> None:
    assert [fault for fault in Fault if not fault.transient] == [Fault.INPUT]


@given(before=st.lists(LINE.filter(lambda line: not line.startswith("lockstep: ")), max_size=5))
def test_the_message_starts_at_lockstep_whatever_precedes(before: list[str]) -> None:
    found = failure("s", 255, printed("x", [*before, "lockstep: params.yaml: seed", "  - expected a number"], 2))
    assert found.message == "s: params.yaml: seed\n  - expected a number"


@given(said=st.lists(LINE, max_size=40), code=st.integers(-64, 255), command=st.text(max_size=20))
def test_any_output_is_classified_and_every_failure_has_a_message(said: list[str], code: int, command: str) -> None:
    for lines in (said, printed(command, said, code)):
        found = failure("s", 255, lines)
        assert found.message.startswith("s: ")
        assert outcome(lines) in {"ran", "restored", "unchanged"}


def test_a_silent_command_is_reported_with_its_exit_code() -> None:
    assert failure("s", 255, printed("x", [], 9)).message == "s: exit code 9"


def test_a_foreign_command_is_reported_with_its_last_lines() -> None:
    lines = [f"line {number}" for number in range(50)]
    assert failure("s", 255, printed("x", lines, 1)).message == "s: " + "\n".join(lines[-12:])


@pytest.mark.parametrize(
    "said", ["ERROR: Unable to acquire lock. Most likely", "ERROR: 'a' is busy, it is being blocked by:"]
)
def test_a_held_lock_is_not_a_fault_of_the_stage(said: str) -> None:
    found = failure("s", 255, [said])
    assert (found.fault, found.locked) == (Fault.UNAVAILABLE, True)


def test_an_error_of_dvc_is_an_input_error() -> None:
    found = failure("s", 255, ["some warning", "ERROR: failed to reproduce 's': missing data 'source': a.txt"])
    assert (found.fault, found.message) == (Fault.INPUT, "s: failed to reproduce 's': missing data 'source': a.txt")


def test_a_killed_dvc_is_reported() -> None:
    assert failure("s", -9, []).message == "s: dvc was killed by signal 9"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["Running stage 's':", "> x"], "ran"),
        (["Stage 's' is cached - skipping run, checking out outputs"], "restored"),
        (["Stage 's' didn't change, skipping"], "unchanged"),
    ],
)
def test_the_outcome_of_a_successful_stage(lines: list[str], what: str) -> None:
    assert outcome(lines) == what
