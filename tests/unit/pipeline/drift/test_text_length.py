"""A text is compared by its number of words."""

import numpy as np
import pyarrow as pa
import pytest

from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift.comparison import Series, compare, number_of_words
from lockstep.pipeline.drift.verdict import decide

NOTE = Series("note", "text")


def notes(rng: np.random.Generator, longest: int, rows: int = 400) -> list[str | None]:
    return [None if n % 10 == 0 else " ".join(f"w{n}" for _ in range(rng.integers(1, longest))) for n in range(rows)]


@pytest.mark.parametrize(
    "form", [list, pa.array, lambda values: pa.chunked_array([values[:2], values[2:]], pa.string())]
)
def test_words_are_what_whitespace_parts(form: object) -> None:
    found = number_of_words(form(["one", " two\twords\n", "", "  ", None, "<b>ünï côdé</b>"]))  # type: ignore[operator]
    assert np.array_equal(found, [1, 2, 0, 0, np.nan, 2], equal_nan=True)
    assert number_of_words([]).shape == (0,)


def test_texts_that_grow_longer_drift_and_new_words_of_the_same_length_do_not() -> None:
    """No level is counted: every text is its own, on both sides."""
    rng = np.random.default_rng(1)
    reference, same, longer = notes(rng, 12), notes(rng, 12), notes(rng, 30)
    score = compare(Series("score", "number"), [], [])
    stable, drifted = (compare(NOTE, reference, current) for current in (same, longer))
    assert (stable.measures.keys() & {"chi_squared"}, stable.new_categories) == (set(), None)
    verdict = decide([stable, drifted], score, DriftSpec())
    assert [judgement.status for judgement in verdict.features] == ["stable", "drifted"]
    assert verdict.features[1].reason.startswith("PSI of the number of words ")


def test_a_text_that_goes_missing_drifts() -> None:
    rng = np.random.default_rng(1)
    gone: list[str | None] = [None if n % 2 else text for n, text in enumerate(notes(rng, 12))]
    found = compare(NOTE, notes(rng, 12), gone)
    verdict = decide([found], compare(Series("score", "number"), [], []), DriftSpec())
    assert (verdict.features[0].status, found.reference.missing, found.current.missing) == ("drifted", 40, 240)


def test_a_boolean_is_compared_as_0_and_1() -> None:
    rng = np.random.default_rng(1)
    rare, often = ((rng.random(500) < share).astype(float) for share in (0.1, 0.5))
    as_boolean, as_number = (compare(Series("vip", kind), rare, often) for kind in ("boolean", "number"))
    assert as_boolean.measures == as_number.measures
    assert as_boolean.histogram is not None
    assert as_boolean.histogram.labels == ("0", "1")
