"""Every key of params.yaml has a kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.params.document import Params
from lockstep.workbench.review.kinds import KINDS, kind_of

ROOT = Path(__file__).parents[4]


def leaves(document: dict[str, Any], start: str = "") -> Iterator[str]:
    for key, value in document.items():
        name = f"{start}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name


@pytest.mark.parametrize("key", Params.model_fields)
def test_every_section_has_a_kind(key: str) -> None:
    assert kind_of(key)[0] != "unknown"


def test_every_key_of_the_projects_own_file_has_a_kind() -> None:
    found = list(leaves(yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))))
    assert len(found) > 100
    assert [key for key in found if kind_of(key)[0] == "unknown"] == []


def test_every_key_that_has_a_kind_is_one_of_a_section() -> None:
    assert {key.split(".")[0] for key in KINDS} <= set(Params.model_fields)


@pytest.mark.parametrize(
    ("key", "kind", "alarm"),
    [
        ("seed", "split or seed", "comparability"),
        ("split.embargo", "split or seed", "leakage"),
        ("split.embargoed", "split or seed", "comparability"),
        ("features.expressions.a.b", "feature", "leakage"),
        ("evaluate.gates.x", "gate", "rule"),
        ("train.params.max_depth", "model", None),
        ("trains", "unknown", None),
        ("", "unknown", None),
        (".seed", "unknown", None),
    ],
)
def test_the_longest_prefix_of_whole_words_decides_the_kind(key: str, kind: str, alarm: str | None) -> None:
    found, caution = kind_of(key)
    assert (found, caution.alarm if caution else None) == (kind, alarm)
