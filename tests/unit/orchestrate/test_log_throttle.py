"""A stage that prints more than anybody reads."""

from lockstep.orchestrate.running.log_throttle import A_SECOND, AT_ONCE, FIRST, LAST, Ends, Sparing


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ordinary_output_is_shown_line_by_line_however_long_it_goes_on() -> None:
    said: list[str] = []
    clock = Clock()
    shown = Sparing(said.append, clock)
    for number in range(3 * AT_ONCE):
        clock.now += 1 / A_SECOND
        shown.hear(str(number))
    shown.close()
    assert said == [str(number) for number in range(3 * AT_ONCE)]


def test_of_a_flood_some_is_shown_and_the_rest_is_counted() -> None:
    said: list[str] = []
    clock = Clock()
    shown = Sparing(said.append, clock)
    for number in range(AT_ONCE + 500):
        shown.hear(str(number))
    clock.now += 1.0
    shown.hear("later")
    assert said[AT_ONCE - 1 :] == [str(AT_ONCE - 1), "... 500 lines left out here: too many for the log", "later"]
    shown.close()
    assert said[-1] == "later"


def test_what_was_left_out_last_is_said_at_the_end() -> None:
    said: list[str] = []
    shown = Sparing(said.append, Clock())
    for _ in range(AT_ONCE + 1):
        shown.hear("x")
    shown.close()
    assert said[-1] == "... 1 lines left out here: too many for the log"


def test_both_ends_of_many_lines_are_kept() -> None:
    ends = Ends()
    for number in range(10 * (FIRST + LAST)):
        ends.hear(str(number))
    assert ends.lines[0] == "0"
    assert ends.lines[-1] == str(10 * (FIRST + LAST) - 1)
    assert len(ends.lines) == FIRST + LAST


def test_few_lines_are_all_kept() -> None:
    ends = Ends()
    for number in range(FIRST + LAST):
        ends.hear(str(number))
    assert ends.lines == [str(number) for number in range(FIRST + LAST)]
