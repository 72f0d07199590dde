"""Free text is recognised by many different values of several words each, in training rows."""

import pyarrow as pa

from lockstep.pipeline.features.free_text import FEWEST_VALUES, free_texts
from tests.unit.pipeline.features.worlds import connect, table_of

SCHEMA = pa.schema({"entity": pa.int64(), ".note": pa.string(), "split": pa.string()})
NOTES = [f"asked  about\tparcel {n}" for n in range(60)]


def found(values: list[str | None], *, copies: int = 1, splits: tuple[str, ...] = ("train",)) -> bool:
    """Return whether a column is taken for words; row i has the value i of entity i, `copies` times."""
    rows = [
        {"entity": i, ".note": value, "split": splits[i % len(splits)]}
        for i, value in enumerate(values)
        for _ in range(copies)
    ]
    table = table_of(connect(), "rows", pa.Table.from_pylist(rows, SCHEMA))
    return list(free_texts(table, ["note"])) == ["note"]


def test_sentences_are_words_and_shared_levels_short_names_and_few_values_are_not() -> None:
    assert found(NOTES)
    assert not found(["bank transfer (automatic)", "credit card (automatic)"] * 30)  # however long their names
    assert not found([f"Jane Doe{n}" for n in range(60)])
    assert not found([f"C{n:04d}" for n in range(60)])
    assert not found(NOTES[: FEWEST_VALUES - 1])
    assert found(NOTES[:FEWEST_VALUES])
    assert not found(NOTES[:25] * 2)  # no more than half of them different


def test_a_value_counts_once_for_each_entity_however_many_snapshots_hold_it() -> None:
    assert found(NOTES, copies=9)


def test_gaps_and_empty_texts_have_no_words() -> None:
    assert found([*NOTES, *[None] * 500])
    assert not found([*NOTES, *[" " * n for n in range(60)]])
    assert not found([None] * 60)


def test_only_training_rows_are_judged() -> None:
    """Sentences among valid, test and current rows change nothing, nor do levels."""
    mixed = [text for note in NOTES for text in ("yes", note, note, note)]
    assert not found(mixed, splits=("train", "valid", "test", "current"))
    mixed = [text for note in NOTES for text in (note, "yes", "yes", "yes")]
    assert found(mixed, splits=("train", "valid", "test", "current"))
