"""How features become columns: levels, words, constraints and weights."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from lockstep.artifacts.inputs import MISSING, normal, to_inputs
from lockstep.artifacts.schema import CUTOFF, WEIGHT
from lockstep.core.errors import LockstepError
from lockstep.fitting.constraints import on_columns
from lockstep.fitting.levels import RARE, Levels
from lockstep.fitting.transformer import build, numbers_of, origins
from lockstep.fitting.weights import own_weights
from lockstep.fitting.words import vectorizer
from lockstep.params.pipeline.train import ConstraintsSpec, EncodingSpec
from tests.unit.fitting.frames import HOSTILE, make_frame, make_schema


def test_a_rare_level_is_one_of_the_rare_and_an_unknown_one_is_missing() -> None:
    rows = np.array([["a"] * 12 + ["b"] * 3 + ["c"] * 2 + [MISSING]], dtype=object).T
    levels = Levels(rare=10).fit(rows)
    new = np.array([["a", "b", "c", MISSING, "d", ""]], dtype=object).T
    assert levels.transform(new)[:, 0].tolist() == ["a", RARE, RARE, MISSING, MISSING, MISSING]


def test_of_many_levels_the_most_frequent_are_kept_and_ties_are_settled_by_name() -> None:
    rows = np.array([["d", "c", "b", "a", "a"]], dtype=object).T
    levels = Levels(most=2).fit(rows)
    assert levels.transform(rows)[:, 0].tolist() == [RARE, RARE, "b", "a", "a"]


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_an_unknown_level_is_encoded_like_a_missing_one(task: str) -> None:
    """One-hot and target-encoded: what nobody saw says as much as what nobody said."""
    schema, frame = make_schema(task), make_frame(task).assign(city=lambda f: f["city"].where(f.index % 7 > 0))
    inputs = to_inputs(frame, schema)
    encoder = build(schema, inputs, numbers="native", encoding=EncodingSpec(), seed=0).fit(inputs, frame["label"])
    row = frame.head(1)
    new, gone = (row.assign(**{HOSTILE: level, "city": level}) for level in ("never seen", None))
    first, second = (encoder.transform(to_inputs(one, schema)) for one in (new, gone))
    assert np.array_equal(first, second, equal_nan=True)
    assert not np.array_equal(first, encoder.transform(to_inputs(row, schema)), equal_nan=True)


def test_a_text_is_cut_into_its_words_whatever_its_alphabet() -> None:
    assert normal("  Zu SPÄT,\tzu\nteuer!! ﬁne_1 漢字\x00 ") == "zu spät zu teuer fine_1 漢字"
    assert normal("?!") == ""


def test_frequent_words_are_looked_at_and_weigh_the_more_the_rarer_they_are() -> None:
    texts = pd.Series(["often seldom", "often", "often", "often once", "seldom seldom"])
    found = vectorizer(texts, rare=2, most=10)
    assert found is not None
    weights = found.fit_transform(texts).toarray()
    assert found.vocabulary == ["often", "seldom"]
    assert weights[0, 1] > weights[0, 0] > 0
    assert weights[4].tolist() == [0, 2 * weights[0, 1]]
    assert vectorizer(texts, rare=6, most=10) is None
    assert vectorizer(texts, rare=1, most=1).vocabulary == ["often"]


def test_texts_without_a_frequent_word_make_no_columns() -> None:
    schema, frame = make_schema("binary"), make_frame("binary").assign(note=None)
    inputs = to_inputs(frame, schema)
    encoder = build(schema, inputs, numbers="scaled", encoding=EncodingSpec(), seed=0)
    matrix = encoder.fit_transform(inputs, frame["label"])
    assert "note" not in origins(encoder, schema)
    assert len(origins(encoder, schema)) == matrix.shape[1] == len(numbers_of(encoder, schema))


def fitted(numbers: str = "native") -> tuple:
    schema, frame = make_schema("binary"), make_frame("binary")
    inputs = to_inputs(frame, schema)
    encoder = build(schema, inputs, numbers=numbers, encoding=EncodingSpec(), seed=0)
    return encoder.fit(inputs, frame["label"]), schema


@pytest.mark.parametrize("numbers", ["native", "imputed"])
def test_a_direction_binds_the_value_and_not_the_mark_of_its_absence(numbers: str) -> None:
    encoder, schema = fitted(numbers)
    spec = ConstraintsSpec.model_validate({"monotone": {"spend": "increasing", "vip": "decreasing"}})
    bound = on_columns(spec, encoder, schema).monotone
    made_of = origins(encoder, schema)
    assert len(bound) == len(made_of)
    assert {place: way for place, way in enumerate(bound) if way} == {0: 1, 3: -1}
    assert (made_of.count("spend") == 2) == (numbers == "imputed")


def test_features_of_no_group_are_a_group() -> None:
    encoder, schema = fitted()
    spec = ConstraintsSpec.model_validate({"interactions": [["spend", HOSTILE], ["visits", "spend"]]})
    made_of = origins(encoder, schema)
    groups = [{made_of[column] for column in group} for group in on_columns(spec, encoder, schema).groups]
    assert groups == [{"spend", HOSTILE}, {"visits", "spend"}, {"empty", "vip", "city", "note"}]
    assert on_columns(ConstraintsSpec(), encoder, schema).groups == ()


def test_a_constraint_on_what_is_no_feature_or_no_number_is_named() -> None:
    encoder, schema = fitted()
    spec = ConstraintsSpec.model_validate(
        {"monotone": {"spent": "increasing", "city": "decreasing"}, "interactions": [["visits"], ["visit"]]}
    )
    with pytest.raises(LockstepError, match=r"train\.constraints: 3 faults in params\.yaml") as error:
        on_columns(spec, encoder, schema)
    assert error.value.details == (
        "train.constraints.monotone: no feature 'spent'; did you mean 'spend'?",
        "train.constraints.monotone: 'city' is not a number, so it has no direction",
        "train.constraints.interactions.1: no feature 'visit'; did you mean 'visits'?",
    )


def test_a_row_counts_half_as_much_as_one_a_half_life_later() -> None:
    schema = make_schema("binary")
    frame = pd.DataFrame({CUTOFF: pd.to_datetime(["2025-01-31", "2025-01-01", "2025-01-31"]), WEIGHT: [1.0, 1.0, 4.0]})
    assert own_weights(frame, schema) is None
    recent = own_weights(frame, schema, timedelta(days=30))
    assert recent.tolist() == pytest.approx([1.2, 0.6, 1.2])
    both = own_weights(frame, schema.model_copy(update={"weighted": True}), timedelta(days=30))
    assert both.tolist() == pytest.approx((np.array([1, 0.5, 4]) / 5.5 * 3).tolist())
