"""Evaluation of booleans and texts: each by its kind, and a text never as a level."""

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.predictions import collect
from lockstep.artifacts.schema import Feature
from lockstep.core.errors import LockstepError
from lockstep.evaluation import segments
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.pipeline.evaluate import contributions, importance, mistakes, slices
from lockstep.pipeline.evaluate.contributions import Contributions
from lockstep.pipeline.evaluate.token_columns import flags, frequent
from tests.unit.evaluation.samples import SCRIPT, make_frame, make_schema

ADDED = (Feature(name="note", kind="text", origin="attribute"), Feature(name="vip", kind="boolean", origin="attribute"))
PLAIN = make_schema("binary")
SCHEMA = PLAIN.model_copy(update={"features": (*PLAIN.features, *ADDED)})


def widened(rows: int, seed: int, *, word: str = "parcel") -> pd.DataFrame:
    """Return a frame with a truth and with texts of which each is its own; `word` is in those of label 1."""
    frame, rng = make_frame("binary", rows, seed), np.random.default_rng(seed)
    notes = [f"Asked about {word if one else 'order'} {seed}-{n}" for n, one in enumerate(frame["label"])]
    gaps = rng.random(rows) < 0.1
    return frame.assign(note=[None if gap else note for gap, note in zip(gaps, notes, strict=True)], vip=1.0 * gaps)


def by_spend(frame: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-(frame["spend"].to_numpy() - 40) / 20))


def test_a_word_that_knows_the_answer_raises_an_alarm_and_texts_of_their_own_raise_none() -> None:
    for word, alarmed in (("cancelled", True), ("order", False)):
        frames = {name: widened(600, seed, word=word) for seed, name in ((1, "train"), (2, "test"))}
        found = importance.explain(SCHEMA, frames, by_spend, {}, EvaluateSpec(), 7)
        assert any(alarm.startswith("note alone") for alarm in found.alarms) is alarmed
        assert {feature.name for feature in found.features} == set(SCHEMA.names)


def test_a_text_that_is_there_for_one_class_alone_raises_an_alarm() -> None:
    frames = {name: widened(600, seed) for seed, name in ((1, "train"), (2, "test"))}
    leaky = {
        name: frame.assign(note=[f"n{n}" if one else None for n, one in enumerate(frame["label"])])
        for name, frame in frames.items()
    }
    alarms = importance.explain(SCHEMA, leaky, by_spend, {}, EvaluateSpec(), 7).alarms
    assert any(alarm.startswith("note alone") for alarm in alarms)


def test_frequent_words_are_those_of_enough_rows_whatever_their_case() -> None:
    texts = pd.Series(["The parcel", "the PARCEL is late", None, "<b>late</b>", ""] * 40 + ["once"])
    known = frequent(texts)
    assert known == ("late", "parcel", "the", "b", "is")
    found = flags(texts.iloc[:5], known)
    assert found[:, 0].tolist() == [1, 1, 0, 1, 1]
    assert found[:, 1 + known.index("late")].tolist() == [0, 1, 0, 1, 0]
    assert flags(texts.iloc[:2], ()).tolist() == [[1], [1]]


def test_a_text_has_no_levels_to_be_a_segment() -> None:
    segments.check(SCHEMA, "evaluate.segments", ("plan", "vip"))
    with pytest.raises(LockstepError, match=r"'note' is text; declare features.kinds.note: category if rows share it"):
        segments.check(SCHEMA, "evaluate.segments", ("plan", "note"))
    frame = widened(300, 1)
    assert [group.level for group in segments.groups(SCHEMA, "vip", frame, frame)] == ["0", "1"]


def test_dependence_shows_a_boolean_as_0_and_1_and_leaves_texts_out() -> None:
    frame = widened(300, 1).assign(vip=lambda f: f["vip"].where(f.index % 7 > 0))
    moved = np.zeros((300, len(SCHEMA.names)))
    moved[:, SCHEMA.names.index("note")] = 9
    moved[:, SCHEMA.names.index("vip")] = frame["vip"].fillna(0.5) * 5
    table = contributions.dependence(Contributions(SCHEMA.names, moved), SCHEMA, frame)
    vip = table[table["feature"] == "vip"]
    assert vip["value"].tolist() == ["0", "1", "(missing)"]
    assert vip["contribution"].tolist() == [0, 5, 2.5]
    assert "note" not in set(table["feature"])
    only = SCHEMA.model_copy(update={"features": ADDED[:1]})
    assert contributions.dependence(Contributions(("note",), moved[:, :1]), only, frame).empty


def test_a_slice_asks_of_a_text_only_whether_it_is_there() -> None:
    frame = widened(2000, 1)
    score = np.where(frame["note"].isna(), 0.5, np.where(frame["label"] == 1, 0.9, 0.1))
    rules = slices.find(SCHEMA.model_copy(update={"features": (SCHEMA.features[0], ADDED[0])}), frame,
                        collect(SCHEMA, frame, {"model": score}), 7)  # fmt: skip
    assert str(rules[0][0]) == "note is missing"
    assert slices.rows_of(rules[0], frame).tolist() == frame["note"].isna().tolist()


def test_a_long_text_among_mistakes_is_one_short_line() -> None:
    frame = widened(50, 1).assign(note=f"{SCRIPT}\n" + "word " * 500)
    predicted = collect(SCHEMA, frame, {"model": by_spend(frame)})
    rows = mistakes.worst(predicted)
    moved = np.zeros((len(rows), len(SCHEMA.names)))
    moved[:, SCHEMA.names.index("note")] = 1
    told = mistakes.describe(predicted, rows, frame, Contributions(SCHEMA.names, moved), None)
    assert told[0].because[0].startswith(f"note = {SCRIPT}\\nword word")
    assert len(told[0].because[0]) < 90
    assert predicted.loss().shape == (50,)
