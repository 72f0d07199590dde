"""A change of params.yaml changes the requested lines: comments, order, quotes and every other byte stay."""

import difflib
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.spec import read_document
from lockstep.operate.retraining.params_file import change
from lockstep.params.document import load_all

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "params.yaml", *sorted(ROOT.glob("examples/*/params.yaml"))]
DATED = [file for file in FILES if load_all(file).source.as_of]


def copied(file: Path, folder: Path) -> Path:
    return Path(shutil.copy(file, folder / "params.yaml"))


def changed_lines(old: Path, new: Path) -> list[str]:
    lines = (path.read_bytes().decode().splitlines() for path in (old, new))
    return [line for line in difflib.unified_diff(*lines, n=0, lineterm="") if line[:2] not in ("--", "++", "@@")]


def keys(document: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        yield f"{above}{name}", value
        if isinstance(value, dict):
            yield from keys(value, f"{above}{name}.")


@pytest.mark.parametrize("file", DATED, ids=lambda file: file.parent.name)
def test_a_new_as_of_is_one_line(file: Path, tmp_path: Path) -> None:
    copy = copied(file, tmp_path)
    was = read_document(file)["source"]["as_of"]
    change(copy, {"source.as_of": "2031-07-31"})
    old, new = changed_lines(file, copy)
    assert old[1:].replace(was, "2031-07-31") == new[1:], "quotes and comment stay"
    assert load_all(copy).source.as_of == load_all(copy).source.as_of.replace(year=2031, month=7, day=31)  # type: ignore[union-attr]


def test_two_keys_are_two_lines_with_their_comments(tmp_path: Path) -> None:
    copy = copied(ROOT / "params.yaml", tmp_path)
    params = change(copy, {"source.as_of": "2025-07-31 12:00:00", "train.params.max_depth": 4})
    assert changed_lines(ROOT / "params.yaml", copy) == [
        "-  as_of: '2025-06-30'         # rows at or after this instant are not read; try \"2025-10-31\"",
        "+  as_of: '2025-07-31 12:00:00' # rows at or after this instant are not read; try \"2025-10-31\"",
        "-    max_depth:",
        "+    max_depth: 4",
    ]
    assert params == load_all(copy)
    assert params.train.params["max_depth"] == 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_setting_every_key_to_its_value_changes_no_byte(file: Path, tmp_path: Path) -> None:
    copy = copied(file, tmp_path)
    change(copy, json.loads(json.dumps(dict(keys(read_document(file))))))
    assert copy.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_whole_number_is_one_line(file: Path, tmp_path: Path) -> None:
    """Those that the file is valid with; the others leave it as it was."""
    valid = 0
    for key, value in keys(read_document(file)):
        if type(value) is not int:
            continue
        copy = copied(file, tmp_path)
        try:
            change(copy, {key: value + 1})
        except LockstepError:
            assert copy.read_bytes() == file.read_bytes()
            continue
        valid += 1
        old, new = changed_lines(file, copy)
        name = key.rpartition(".")[2]
        assert old[1:].replace(f"{name}: {value}", f"{name}: {value + 1}").split() == new[1:].split()
    assert valid >= 10


def test_a_mapping_keeps_its_style_and_what_it_does_not_change(tmp_path: Path) -> None:
    copy = copied(ROOT / "params.yaml", tmp_path)
    change(copy, {"features.cutoffs": {"every": "1mo", "last": 12}, "evaluate.gates.min": {"roc_auc": 0.75}})
    assert changed_lines(ROOT / "params.yaml", copy) == [
        "-  cutoffs: {every: 1mo, last: 9}",
        "+  cutoffs: {every: 1mo, last: 12}",
        "-    min: {roc_auc: 0.7}",
        "+    min: {roc_auc: 0.75}",
    ]


def test_a_list_is_replaced(tmp_path: Path) -> None:
    copy = copied(ROOT / "params.yaml", tmp_path)
    assert len(change(copy, {"features.windows": ["30d", "90d"]}).features.windows) == 2
    assert changed_lines(ROOT / "params.yaml", copy) == ["-  - 7d"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"train.params.max_deph": 4}, "train.params.max_deph: no such key; did you mean 'max_depth'?"),
        ({"trian.rounds": 4}, "trian: no such key; did you mean 'train'?"),
        ({"train.rounds.x": 4}, "train.rounds.x: no such key"),
        ({"features.windows.0": "7d"}, "features.windows.0: no such key"),
        ({"": 4}, ": no such key"),
        ({"..": 4}, ": no such key"),
        ({"train": 4}, "train:"),
        ({"train.rounds": "many"}, "train.rounds:"),
        ({"train.rounds": True}, "train.rounds:"),
        ({"seed": math.nan}, "seed:"),
        ({"source.as_of": "tomorrow"}, "source.as_of: expected a date such as 2025-06-30"),
        ({"source.as_of": "2025-06-30T00:00:00Z"}, "source.as_of: expected a time without zone"),
        ({"source.as_of": None}, "as_of: missing"),
        ({"problem.name": "a\nretrain: {}"}, "problem.name:"),
        ({"split.embargo": "7d"}, "split.embargo: shorter than problem.label.horizon"),
        ({"promote.margin": -1}, "promote.margin: expected greater than or equal to 0"),
        ({"seed": 8, "colour": 1}, "colour: no such key"),
    ],
)
def test_a_fault_is_reported_and_the_file_is_unchanged(values: dict[str, Any], told: str, tmp_path: Path) -> None:
    copy = copied(ROOT / "params.yaml", tmp_path)
    with pytest.raises(LockstepError, match=r"params\.yaml: cannot be changed") as fault:
        change(copy, values)
    assert told in str(fault.value)
    assert copy.read_bytes() == (ROOT / "params.yaml").read_bytes()
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(("text", "told"), [(None, "missing"), ("a: [1", "not valid YAML"), ("- a\n", "mapping")])
def test_an_unreadable_file_is_reported(text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LockstepError, match=told):
        change(path, {"seed": 8})
