"""`lockstep.versioning` agrees with DVC: hashes, ignored files, locks, settings, experiments, cache."""

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dvc.config import Config
from dvc.ignore import DvcIgnoreFilter
from dvc.repo import Repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db.local import LocalHashFileDB
from dvc_objects.fs.local import localfs
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lockstep.core.errors import LockstepError
from lockstep.versioning.cache import Cache, Entry
from lockstep.versioning.checkout_data import copy
from lockstep.versioning.dvc_config import cache_folder, read_settings, remote_of, shared_settings, write_settings
from lockstep.versioning.hashes.content_hash import content_hash, folder_hash
from lockstep.versioning.hashes.ignore_rules import FILE, IgnoreRules
from lockstep.versioning.lockfile.lock import Pin, read_lock, read_stages
from lockstep.versioning.pinned_files import faults
from lockstep.versioning.revision import experiments
from tests.integration.pinned_repository import make_repository
from tests.integration.repository import call

NAMES = st.sampled_from(
    ["a", "a.txt", "b", "a b", "é", ".x", ".x.lock", "x.pyc", "__pycache__", "-", "日本", "#x", "A"]
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TREES = st.dictionaries(PATHS, st.binary(max_size=3), min_size=1, max_size=8)
PATTERNS = st.lists(
    st.sampled_from(
        [
            "__pycache__",
            "*.pyc",
            ".*.lock",
            "/a",
            "a/",
            "!a",
            "!a.txt",
            "a/b",
            "**/b",
            "b/**",
            "# no",
            "",
            " x.pyc ",
            "é",
        ]
    ),
    max_size=4,
).map("\n".join)


def write(root: Path, tree: Mapping[str, bytes]) -> None:
    """Write the files for which there is room: a name cannot be a file and a folder."""
    for name, content in tree.items():
        path = root / name
        if not path.exists() and not any(one.is_file() for one in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def hash_by_dvc(root: Path, folder: Path) -> str:
    cache = LocalHashFileDB(localfs, str(root / ".dvc" / "cache"))
    ignored = DvcIgnoreFilter(localfs, str(root))
    _, _, found = build(cache, str(folder), localfs, "md5", dry_run=True, ignore=ignored)
    return str(found.hash_info.value)


def test_a_file_and_a_folder_with_the_same_prefix_are_in_dvcs_order(tmp_path: Path) -> None:
    """Sorted by the parts of the path, `a/b` would come first."""
    write(tmp_path, {"d/a.txt": b"1", "d/a/b": b"2"})
    assert content_hash(tmp_path, tmp_path / "d") == hash_by_dvc(tmp_path, tmp_path / "d")


@given(tree=TREES, root_rules=PATTERNS, rules=PATTERNS)
@settings(max_examples=150, deadline=None)
def test_a_folder_has_dvcs_hash(tree: dict[str, bytes], root_rules: str, rules: str) -> None:
    """Any names, nested, with rules of the root and of a folder above it; a file that DVC ignores does not count."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write(root / "src" / "d", {"always": b"there"} | tree)
        (root / FILE).write_text(root_rules)
        (root / "src" / FILE).write_text(rules)
        (root / "src" / "d" / "other" / ".dvc").mkdir(parents=True)  # a project of its own
        (root / "src" / "d" / "other" / "x").touch()
        expected = hash_by_dvc(root, root / "src" / "d")
        assert content_hash(root, root / "src" / "d") == expected
        assert hash_as_in_a_commit(root, "src/d") == expected


def hash_as_in_a_commit(root: Path, folder: str) -> str:
    """Return the hash from names and contents alone, as of a commit that is not checked out."""
    rules = IgnoreRules.of(
        {name: (root / name / FILE).read_text() for name in ("", "src")}, projects=[f"{folder}/other"]
    )
    files = (path.relative_to(root).as_posix() for path in (root / folder).rglob("*") if path.is_file())
    kept = (name for name in files if not rules.ignores(name, directory=False))
    return folder_hash({name.removeprefix(f"{folder}/"): str(content_hash(root, root / name)) for name in kept})


@given(
    st.dictionaries(
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
        ),
        max_size=5,
    )
)
def test_a_lock_has_the_params_that_dvc_writes(params: dict[str, Any]) -> None:
    """ruamel writes dvc.lock and reads it, as DVC calls it; what is read here is the same, and so is its type."""
    entry = {"cmd": "x", "params": {"params.yaml": params}, "outs": [{"path": "a: b", "md5": "0" * 32}]}
    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump({"schema": "2.0", "stages": {"s": entry}}, stream)
    again = YAML(typ="safe", pure=True).load(stream.getvalue())["stages"]["s"]
    found = read_stages(stream.getvalue(), "here")["s"]
    assert repr(found) == repr(again)
    assert read_lock(stream.getvalue(), "here").executions[0].outs == (Pin("a: b", "0" * 32),)


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose pipeline has run, with two experiments of one commit."""
    root = make_repository(tmp_path_factory.mktemp("pinned") / "a project é")
    for number, name in enumerate(("one", "exp-two")):
        (root / "params.yaml").write_text(f"source:\n  as_of: '2025-0{number + 1}-28'\n")
        call(root, "dvc", "repro", "-q")
        call(root, "dvc", "exp", "save", "-q", "-n", name)
    call(root, "git", "checkout", "-q", ".")
    call(root, "dvc", "checkout", "-q")
    return root


def test_the_lock_and_the_cache_have_the_same_content_as_in_dvc(pinned: Path, tmp_path: Path) -> None:
    lock = read_lock((pinned / "dvc.lock").read_text(), "here")
    cache = Cache(cache_folder(pinned))
    with Repo(str(pinned)) as repo:
        outs = {str(out.def_path): out for out in repo.index.outs}
        assert {path: pin.md5 for path, pin in lock.outs.items()} == {
            path: out.hash_info.value for path, out in outs.items()
        }
        model = lock.outs["data/model"]
        listed = [Entry("/".join(key), info.value) for key, _, info in outs["data/model"].get_obj()]
        assert sorted(map(str, cache.listing(model.md5))) == sorted(map(str, listed))  # type: ignore[arg-type]
    copy(cache, model, tmp_path / "data" / "model")
    assert content_hash(tmp_path, tmp_path / "data" / "model") == model.md5
    assert faults(tmp_path, [model, Pin("data/none", "0" * 32)], cache)[0].path == "data/none"


def test_experiments_are_those_that_dvc_lists(pinned: Path) -> None:
    with Repo(str(pinned)) as repo:
        listed = repo.experiments.ls(all_commits=True)
    expected = {(base, name, commit) for base, those in listed.items() for name, commit in those}
    assert {(one.base, one.name, one.commit) for one in experiments(pinned)} == expected
    assert len(expected) == 2


SETTINGS = [
    "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n",
    "[core]\n    remote = s3\n['remote \"s3\"']\n    url = s3://b/x\n    credentialpath = ~/keys\n",
    "[cache]\n    dir = ../shared é\n    type = 'hardlink,symlink'\n",
    '[\'remote "ssh"\']\n    url = ssh://me@host/x\n    keyfile = ../key\n    password = "a=b #c"\n',
    '[core]\n    Remote = "a b"\n[\'remote "a b"\']\n    url = /abs/x\n',
]


@pytest.mark.parametrize("local", SETTINGS)
@pytest.mark.parametrize("shared", ["", *SETTINGS])
def test_settings_are_read_as_dvc_reads_them(tmp_path: Path, shared: str, local: str) -> None:
    """Remote and cache of a checkout; and another one, to which they are handed on, has the same."""
    here, there = tmp_path / "here", tmp_path / "below" / "é" / "there"
    for root in (here, there):
        (root / ".dvc").mkdir(parents=True)
        (root / ".dvc" / "config").write_text(shared)
    (here / ".dvc" / "config.local").write_text(local)
    config = Config(str(here / ".dvc"), validate=False)
    assert remote_of(here) == config["core"].get("remote")
    expected = config["cache"].get("dir", here / ".dvc" / "cache")
    assert cache_folder(here) == Path(expected)
    write_settings(shared_settings(here), there)
    again = Config(str(there / ".dvc"), validate=False)
    assert {key: values for key, values in again.items() if values} == {
        key: values for key, values in config.items() if values
    } | {"cache": {**config["cache"], "dir": str(expected)}}
    assert read_settings(there)["cache"]["dir"] == str(expected)


def test_settings_of_the_user_and_the_machine_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for level, text in (("GLOBAL", SETTINGS[2]), ("SYSTEM", SETTINGS[0])):
        (tmp_path / level).mkdir()
        (tmp_path / level / "config").write_text(text)
        monkeypatch.setenv(f"DVC_{level}_CONFIG_DIR", str(tmp_path / level))
    (tmp_path / "root" / ".dvc").mkdir(parents=True)
    config = Config(str(tmp_path / "root" / ".dvc"), validate=False)
    assert remote_of(tmp_path / "root") == config["core"]["remote"] == "store"
    assert cache_folder(tmp_path / "root") == Path(config["cache"]["dir"])


def test_a_malformed_settings_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core\nremote")
    with pytest.raises(LockstepError, match=r"config: not settings that DVC can read"):
        remote_of(tmp_path)
