"""Pinned files are verified before use; unavailable ones are left out, with the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.manifest import Manifest
from lockstep.workbench.review.data import datasets
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import LeftOut
from tests.unit.workbench.review.sides import Objects, lock, side

FOLDER = Path("data/raw")
MANIFEST = b'{"as_of": null, "tables": {}}'


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "cache")


def pinned(md5: str, name: str = "HEAD", folder: str = "data/raw") -> Side:
    return side(name, lock=lock(**{folder: md5}))


def why(objects: Objects, md5: str, name: str = "manifest.json") -> str:
    with pytest.raises(LeftOut) as found:
        objects.store.model(Manifest, pinned(md5), FOLDER, name)
    return found.value.what


def test_an_intact_file_is_read(objects: Objects) -> None:
    md5 = objects.folder(**{"manifest.json": MANIFEST})
    assert objects.store.model(Manifest, pinned(md5), FOLDER, "manifest.json") == Manifest(as_of=None, tables={})
    assert objects.store.path(pinned(md5), FOLDER, "manifest.json").read_bytes() == MANIFEST


@pytest.mark.parametrize("md5", ["", "12", "A" * 32, "1" * 31, "1" * 33, "../../../../etc/passwd", "1" * 32 + ".dirx"])
def test_an_invalid_hash_pins_nothing(objects: Objects, md5: str) -> None:
    assert why(objects, md5) == "HEAD pins no data/raw"


def test_outputs_of_a_removed_stage_are_not_pinned() -> None:
    """DVC passes over it; who took it for a result would show one that nobody makes."""
    stages = {"make": "1" * 32, "was": "2" * 32, "each@a": "3" * 32}
    paths = {"make": "data/raw", "was": "data/raw", "each@a": "data/each"}
    outs = {name: {"cmd": "x", "outs": [{"path": paths[name], "md5": md5}]} for name, md5 in stages.items()}
    text = json.dumps({"stages": outs})
    found = side(lock=text, dvc="stages: {make: {cmd: x}, each: {foreach: [a], do: {cmd: x}}}")
    assert found.pin(FOLDER).md5 == "1" * 32
    assert found.pin(Path("data/each")).md5 == "3" * 32
    assert side(lock=text, dvc="stages: {}").pin(FOLDER) is None


def test_a_file_missing_from_the_cache_is_left_out(objects: Objects) -> None:
    assert why(objects, "1" * 32 + ".dir") == "data/raw of HEAD is not in the cache"
    assert why(objects, "1" * 32) == "data/raw of HEAD is not in the cache"
    absent = objects.listing([{"md5": "1" * 32, "relpath": "manifest.json"}])
    assert why(objects, absent) == "data/raw/manifest.json of HEAD is not in the cache"
    assert why(objects, objects.folder(other=b"")) == "data/raw/manifest.json of HEAD is not in the pinned folder"


def test_a_damaged_file_is_left_out(objects: Objects) -> None:
    md5 = objects.folder(**{"manifest.json": MANIFEST})
    found = objects.store.path(pinned(md5), FOLDER, "manifest.json")
    found.write_bytes(b"{}")
    assert why(objects, md5) == "data/raw/manifest.json of HEAD is damaged in the cache"
    with pytest.raises(LeftOut, match="damaged"):
        objects.store.path(pinned(md5), FOLDER, "manifest.json")


@pytest.mark.parametrize(
    "entries",
    [
        [{"md5": "1" * 32, "relpath": "../manifest.json"}],
        [{"md5": "1" * 32, "relpath": "/etc/passwd"}],
        [{"md5": "1" * 32, "relpath": ""}],
        [{"md5": "1" * 32, "relpath": 7}],
        [{"md5": "../../../../../../../../dev/zero", "relpath": "manifest.json"}],
        [{"md5": "..//dev/zero", "relpath": "manifest.json"}],
        [{"md5": "1" * 32 + ".dir", "relpath": "manifest.json"}],
        [{"md5": 7, "relpath": "manifest.json"}],
        [{"relpath": "manifest.json"}],
        [7],
        {"a": 1},
        None,
        "text",
    ],
)
def test_a_listing_that_leads_out_of_its_folder_is_damaged(objects: Objects, entries: Any) -> None:
    assert why(objects, objects.listing(entries)) == "data/raw of HEAD is damaged in the cache"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"", b"{", b"9" * 5000])
def test_invalid_json_is_left_out(objects: Objects, content: bytes) -> None:
    assert why(objects, objects.folder(**{"manifest.json": content})) == "data/raw/manifest.json of HEAD is not JSON"
    assert why(objects, objects.put(content, ".dir")) == "data/raw of HEAD is damaged in the cache"


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"null", b"7", b'{"as_of": null, "tables": {"a": 1}}', b'{"as_of": "soon", "tables": {}}',
     b'{"as_of": null, "tables": {}, "more": 1}', b'{"as_of": null, "tables": {"\\ud800": {}}}', b"NaN"],
)  # fmt: skip
def test_a_file_of_another_version_is_left_out(objects: Objects, content: bytes) -> None:
    said = why(objects, objects.folder(**{"manifest.json": content}))
    assert "data/raw/manifest.json of HEAD is written by another version" in said


def table(**more: int) -> bytes:
    plain = {"file": "a.parquet", "rows": 3, "sha256": "0", "columns": {"x": "int64"}, "span": None}
    return json.dumps({"as_of": None, "tables": {"a": plain | more}}).encode()


@pytest.mark.parametrize(
    ("quality", "rejected"),
    [
        (b'{"a": {"rejected": 3}}', 3), (b'{"a": {"rejected": "3"}}', None), (b'{"a": {"rejected": true}}', None),
        (b'{"a": 7}', None), (b"{}", None), (b"[]", None), (b"null", None), (b'{"a": {"rejected": 1e999}}', None),
    ],
)  # fmt: skip
def test_rejects_are_a_number_or_not_known(objects: Objects, quality: bytes, rejected: int | None) -> None:
    old = pinned(objects.folder(**{"manifest.json": MANIFEST, "quality.json": b"{}"}), "main", "data/processed")
    new = pinned(objects.folder(**{"manifest.json": table(), "quality.json": quality}), folder="data/processed")
    (found,) = datasets(objects.store, old, new)
    assert [one.new.rejected for one in found.tables] == [rejected]


def test_a_dataset_with_an_unavailable_side_is_reported(objects: Objects) -> None:
    old, new = pinned("1" * 32 + ".dir", "main"), pinned(objects.folder(**{"manifest.json": table(rows=10**400)}))
    (found,) = datasets(objects.store, old, new)
    assert found.left_out == "data/raw of main is not in the cache"
    (gone,) = datasets(objects.store, new, side(lock=""))
    assert (gone.new, gone.tables[0].new, gone.tables[0].old.rows) == (None, None, 10**400)
