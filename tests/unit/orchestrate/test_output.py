"""Output of a program: split into lines, first and last lines kept, throttled for the log."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lockstep.orchestrate.running.output import (
    A_SECOND,
    AT_ONCE,
    FIRST,
    LAST,
    LONGEST,
    FirstAndLast,
    Lines,
    Throttle,
)


def lines_of(*chunks: bytes) -> list[str]:
    lines = Lines()
    return [line for chunk in (*chunks, b"") for line in lines.feed(chunk)]


@given(text=st.text(st.sampled_from("aü日\n\r\0")), cuts=st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_chunks(text: str, cuts: list[int]) -> None:
    data = text.encode()
    bounds = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
    chunks = [data[start:stop] for start, stop in pairwise(bounds)]
    expected = text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert lines_of(*chunks) == (expected if expected[-1] else expected[:-1])


def test_a_line_is_returned_as_soon_as_it_ends() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\n") == ["two"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert lines_of(b"a\xff\xfeb\n") == ["a\ufffd\ufffdb"]


def test_an_endless_line_is_cut_and_its_length_reported() -> None:
    (line,) = lines_of(*[b"x" * 1000] * 1000)
    assert line == "x" * LONGEST + f" ... and {1_000_000 - LONGEST:,} more characters"
    assert lines_of(b"x" * (LONGEST + 1), b"\nnext\n") == ["x" * LONGEST + " ... and 1 more characters", "next"]
    assert lines_of(b"x" * LONGEST + b"\n") == ["x" * LONGEST]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_slow_output_is_never_throttled() -> None:
    said: list[str] = []
    clock = Clock()
    shown = Throttle(said.append, clock)
    for number in range(3 * AT_ONCE):
        clock.now += 1 / A_SECOND
        shown.add(str(number))
    shown.close()
    assert said == [str(number) for number in range(3 * AT_ONCE)]


def test_fast_output_is_throttled_and_the_rest_counted() -> None:
    said: list[str] = []
    clock = Clock()
    shown = Throttle(said.append, clock)
    for number in range(AT_ONCE + 500):
        shown.add(str(number))
    clock.now += 1.0
    shown.add("later")
    assert said[AT_ONCE - 1 :] == [str(AT_ONCE - 1), "... 500 lines dropped here: too many for the log", "later"]
    shown.close()
    assert said[-1] == "later"


def test_lines_dropped_last_are_reported_at_the_end() -> None:
    said: list[str] = []
    shown = Throttle(said.append, Clock())
    for _ in range(AT_ONCE + 1):
        shown.add("x")
    shown.close()
    assert said[-1] == "... 1 lines dropped here: too many for the log"


def test_both_ends_of_many_lines_are_kept() -> None:
    ends = FirstAndLast()
    for number in range(10 * (FIRST + LAST)):
        ends.add(str(number))
    assert ends.lines[0] == "0"
    assert ends.lines[-1] == str(10 * (FIRST + LAST) - 1)
    assert len(ends.lines) == FIRST + LAST


def test_few_lines_are_all_kept() -> None:
    ends = FirstAndLast()
    for number in range(FIRST + LAST):
        ends.add(str(number))
    assert ends.lines == [str(number) for number in range(FIRST + LAST)]
