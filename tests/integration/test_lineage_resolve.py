"""What X may be: a revision, an experiment, a path, a file inside of a pinned directory, a hash, a model version."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.versioning.model_versions import ModelRecord, Promotion
from tests.integration.repository import call, state
from tests.integration.traced_repository import ask, make_repository, md5, stages

ALL = ["ingest", "train", "report"]


class Registered:
    """A registry of one version; it counts how often it is asked."""

    def __init__(self, record: Any, name: str = "7") -> None:
        self.record, self.name, self.asked = record, name, []

    def find(self, text: str) -> Any:
        self.asked.append(text)
        return self.record if text == self.name else None

    def holding(self, hashes: Any) -> Any:
        return [self.record] if set(hashes) & set(self.record.hashes.values()) else []


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("lineage") / "a project")


def depths(ways: Any) -> Any:
    return [one.value for way in ways for step in way.steps for one in step.params if one.name == "train.depth"]


@pytest.mark.parametrize(
    ("name", "depth"), [("one", "3"), ("HEAD", "4"), ("HEAD~1", "3"), ("tried", "9"), ("later", "4")]
)
def test_a_revision_a_branch_and_an_experiment_mean_their_whole_lock(root: Path, name: str, depth: str) -> None:
    found = ask(root, name)
    assert (found.target.kind, stages(found.made), found.used) == ("rev", [ALL], ())
    assert depths(found.made) == [depth]


def test_the_workspace_names_uncommitted_files_and_nothing_is_touched(root: Path) -> None:
    (root / "train.sh").write_text((root / "train.sh").read_text() + "# more\n")
    before = state(root)
    found = ask(root, "workspace")
    assert found.target.sources[0].origin.changed == ("train.sh",)
    assert state(root) == before
    call(root, "git", "checkout", "-q", "train.sh")
    assert ask(root, "workspace").target.sources[0].origin.changed == ()


@pytest.mark.parametrize(
    "text", ["data/models/model", "./data/models/model/", "data/raw/../models/model", "{root}/data/models/model"]
)
def test_a_path_is_found_however_it_is_written(root: Path, text: str) -> None:
    found = ask(root, text.format(root=root))
    assert (stages(found.made), stages(found.used)) == ([["train", "ingest"]], [["report"]])


def test_a_file_inside_of_a_pinned_directory_is_found_by_its_path_and_by_its_hash(root: Path) -> None:
    by_path = ask(root, "data/raw/deep/fixed.csv")
    (entry,) = by_path.target.files.values()
    assert entry.path == "deep/fixed.csv"
    by_hash = ask(root, entry.md5[:10])
    assert (by_hash.target.kind, by_hash.target.label) == ("hash", entry.md5)
    assert {one.path for one in by_hash.target.files.values()} == {"deep/fixed.csv"}
    assert stages(by_hash.made) == [["ingest"], ["ingest"]], "the same file lies in the raw data of two instants"


def test_shared_raw_data_has_one_origin_and_each_distinct_use(root: Path) -> None:
    found = ask(root, md5(root, "data/raw").removesuffix(".dir"))
    assert stages(found.made) == [["ingest"]]
    assert sorted(depths(found.used)) == ["3", "4", "9"]
    assert len(found.target.sources) == 4, "the checkout, two tags, the experiment"
    assert [len(way.origins) for way in found.used if depths([way]) == ["4"]] == [2], (
        "the checkout and its commit are one"
    )


def test_a_folder_of_several_results_means_all_of_them(root: Path) -> None:
    (found,) = stages(ask(root, "data").made)
    assert sorted(found) == sorted(ALL)
    (found,) = stages(ask(root, "data/models").made)
    assert found == ["train", "ingest"]


def test_code_is_where_a_lineage_begins(root: Path) -> None:
    found = ask(root, "train.sh")
    assert (stages(found.made), stages(found.used)) == ([[]], [["train", "report"]])


def test_a_prefix_of_several_hashes_is_an_error_that_lists_them(root: Path) -> None:
    """Two files whose hashes begin alike are made by trying."""
    from hashlib import md5 as digest

    seen = {}
    for number in range(20000):
        text = f"{number}\n"
        seen.setdefault(digest(text.encode()).hexdigest()[:6], []).append(text)
    first, second = next(texts for texts in seen.values() if len(texts) > 1)
    one, two = (digest(text.encode()).hexdigest() for text in (first, second))
    lock = root / "dvc.lock"
    before = lock.read_text()
    lock.write_text(
        before.replace(md5(root, "data/models/model"), f"{one}.dir").replace(md5(root, "data/raw"), f"{two}.dir")
    )
    try:
        with pytest.raises(LockstepError) as error:
            ask(root, one[:6])
    finally:
        lock.write_text(before)
    assert "matches 2 things" in str(error.value)
    assert f"hash:{one}.dir (data/models/model)" in str(error.value)
    assert f"hash:{two}.dir (data/raw)" in str(error.value)


def test_a_text_that_is_a_branch_and_a_hash_needs_a_prefix(root: Path) -> None:
    prefix = md5(root, "data/raw")[:8]
    call(root, "git", "branch", prefix, "one")
    try:
        with pytest.raises(LockstepError, match=rf"(?s)matches 2 things.*rev:{prefix}.*hash:{prefix}"):
            ask(root, prefix)
        assert depths(ask(root, f"rev:{prefix}").made) == ["3"]
        assert ask(root, f"hash:{prefix}").target.kind == "hash"
    finally:
        call(root, "git", "branch", "-qD", prefix)


@pytest.mark.parametrize(
    "text", ["nothing", "ffffff", "deadbeef" * 4, "../x", "data/rew", "-n", "--output=x", "", "path:"]
)
def test_an_unknown_text_is_an_error_that_lists_where_was_searched(root: Path, text: str) -> None:
    with pytest.raises(LockstepError, match="not found") as error:
        ask(root, text)
    assert any("branches" in line for line in error.value.details)


def test_a_file_missing_from_a_pinned_directory_is_an_error_that_lists_its_files(root: Path) -> None:
    with pytest.raises(LockstepError, match=r"data/raw/x\.csv: not in data/raw.*\n.*orders\.csv"):
        ask(root, "data/raw/x.csv")


def record(root: Path, revision: str = "two", **changes: Any) -> ModelRecord:
    model = ask(root, revision).target.sources[0].lock.outs["data/models/model"].md5
    given = {"label": "shop/7", "commit": call(root, "git", "rev-parse", revision).strip(),
             "hashes": {"data/models/model": model},
             "promoted": [Promotion("2026-01-02T03:04:05", "ann", "champion", "better")]}  # fmt: skip
    return ModelRecord(**(given | changes))


def test_a_version_is_its_model_in_its_commits_lock_with_promotions(root: Path) -> None:
    found = ask(root, "7", Registered(record(root, "one")))
    assert (found.target.kind, found.target.label, found.target.notes) == ("version", "shop/7", ())
    assert (depths(found.made), stages(found.used)) == (["3"], [["report"]])
    assert found.target.promoted[0].who == "ann"
    assert found.registered == []


def test_the_registry_is_queried_only_without_a_match_in_git_and_locks(root: Path) -> None:
    registry = Registered(record(root), "f" * 32)
    ask(root, "main", registry)
    ask(root, md5(root, "data/raw"), registry)
    assert registry.asked == []
    assert ask(root, "f" * 32, registry).target.label == "shop/7"
    call(root, "git", "tag", "champion", "one")
    assert ask(root, "version:champion", Registered(record(root), "champion")).target.kind == "version"
    assert ask(root, "champion", Registered(record(root), "champion")).target.kind == "rev"


def test_raw_data_leads_to_the_versions_registered_from_it(root: Path) -> None:
    found = ask(root, "data/raw", Registered(record(root)))
    assert [one.label for one in found.registered] == ["shop/7"]
    assert ask(root, "later", Registered(record(root))).registered == []


def test_a_version_of_a_dirty_checkout_is_shown_as_the_lock_that_has_its_model(root: Path) -> None:
    """Made before the experiment was saved: the commit lacks it, another lock has it."""
    model = ask(root, "tried").target.sources[0].lock.outs["data/models/model"].md5
    dirty = record(root, "two", dirty=True, hashes={"data/models/model": model})
    found = ask(root, "7", Registered(dirty))
    assert depths(found.made) == ["9"]
    assert len(found.target.notes) == 3
    lost = ask(root, "7", Registered(record(root, "two", dirty=True, hashes={"data/models/model": "0" * 32 + ".dir"})))
    assert "no dvc.lock has this model" in lost.target.notes[-1]


@pytest.mark.parametrize(
    ("commit", "message"), [(None, "trained outside of git"), ("f" * 40, "is not in this repository")]
)
def test_a_version_without_its_commit_is_an_error(root: Path, commit: str | None, message: str) -> None:
    with pytest.raises(LockstepError, match=message):
        ask(root, "7", Registered(ModelRecord("shop/7", commit)))


def test_a_cache_in_another_folder_is_found_by_dvcs_settings(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    call(root, "git", "clone", "-q", str(root), str(copy))
    assert ask(copy, "data/raw").tables(ask(copy, "data/raw").made[0].made[0]).reason == "not in the cache"
    call(copy, "dvc", "cache", "dir", "--local", str(root / ".dvc" / "cache"))
    tables = ask(copy, "data/raw").tables(ask(copy, "data/raw").made[0].made[0])
    assert (tables["orders"].rows, tables["orders"].span[1], tables["flat"].span) == (1234, "2025-06-29T23:00:00", None)


def test_a_damaged_listing_or_manifest_is_unknown_and_not_used(root: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    found = ask(copy, "data/raw")
    (pin,) = found.target.sources[0].pins
    cache = found.project.cache
    manifest = next(one.md5 for one in cache.listing(pin.md5) if one.path == "manifest.json")
    path = cache.path(manifest)
    path.chmod(0o644)
    path.write_text(path.read_text().replace("1234", "9999"))
    assert ask(copy, "data/raw").tables(pin).reason == "damaged in the cache"
    listing = cache.path(pin.md5)
    listing.chmod(0o644)
    listing.write_text(json.dumps([{"md5": manifest, "relpath": "../../outside"}]))
    assert ask(copy, "data/raw").tables(pin).reason == "damaged in the cache"
    assert "unknown" in ask(copy, "data/raw/orders.csv").target.notes[0]
