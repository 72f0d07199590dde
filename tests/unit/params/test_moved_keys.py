"""A key that moved is an error that names the new key."""

from pathlib import Path

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.spec import parse, read_document
from lockstep.params.document import Params

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("key", ["retrain.margin", "evaluate.gates.champion"])
def test_an_old_margin_names_the_new_one(key: str) -> None:
    document = read_document(ROOT / "params.yaml")
    section = document
    *parents, last = key.split(".")
    for parent in parents:
        section = section[parent]
    section[last] = 0.01
    with pytest.raises(LockstepError, match=rf"{key}: moved to promote\.margin"):
        parse(Params, document, ROOT / "params.yaml")
