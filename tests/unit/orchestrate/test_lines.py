"""Bytes become lines."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lockstep.orchestrate.running.lines import LONGEST, Lines


def lines_of(*chunks: bytes) -> list[str]:
    lines = Lines()
    return [line for chunk in (*chunks, b"") for line in lines.feed(chunk)]


@given(text=st.text(st.sampled_from("aü日\n\r\0")), cuts=st.lists(st.integers(0, 60)))
def test_where_the_stream_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    data = text.encode()
    bounds = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
    chunks = [data[start:stop] for start, stop in pairwise(bounds)]
    expected = text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert lines_of(*chunks) == (expected if expected[-1] else expected[:-1])


def test_a_line_is_there_as_soon_as_it_ends() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\n") == ["two"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert lines_of(b"a\xff\xfeb\n") == ["a\ufffd\ufffdb"]


def test_of_a_line_without_end_its_beginning_is_kept_and_its_length_said() -> None:
    (line,) = lines_of(*[b"x" * 1000] * 1000)
    assert line == "x" * LONGEST + f" ... and {1_000_000 - LONGEST:,} more characters"
    assert lines_of(b"x" * (LONGEST + 1), b"\nnext\n") == ["x" * LONGEST + " ... and 1 more characters", "next"]
    assert lines_of(b"x" * LONGEST + b"\n") == ["x" * LONGEST]
