"""`lockstep lineage` as a user runs it: the tree, the JSON, hostile names, and what is not queried."""

import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lockstep.core.errors import LockstepError
from lockstep.versioning.model_versions import ModelRecord, Promotion
from lockstep.versioning.project import Project
from lockstep.workbench.lineage.as_json import as_json
from lockstep.workbench.lineage.show import show
from lockstep.workbench.verify import verify_version
from tests import commands
from tests.integration.repository import call, commit
from tests.integration.test_lineage_resolve import Registered
from tests.integration.traced_repository import NoVersions, ask, make_repository, md5, params

WIDTH = 100
HOSTILE = "[red]x[/red]\u202e\u200b\x1b[31m\\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("command") / "a project")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run(["lockstep", *arguments], root, os.environ | {"COLUMNS": str(WIDTH)})


def shown(found: Any) -> Any:
    """Return what a terminal of 100 columns shows."""
    stream = io.StringIO()
    show(found, Console(file=stream, width=WIDTH))
    return stream.getvalue()


def test_the_terminal_shows_both_directions_with_rows_spans_params_and_code(root: Path) -> None:
    done = run(root, "lineage", "data/models/model")
    assert (done.returncode, done.stderr) == (0, "")
    hashes = {path: md5(root, path)[:8] for path in ("data/models/model", "data/raw", "data/reports/page")}
    assert (
        done.stdout.splitlines()[4:]
        == f"""\
made by
└── train  sh train.sh
    made   data/models/model  {hashes["data/models/model"]}  33 B, 1 file
    params train.depth=4
    code   train.sh  {md5_of(root, "train.sh")[:8]}
    └── ingest  sh ingest.sh
        made   data/raw  {hashes["data/raw"]}  {size(root)}, 3 files
               orders  1,234 rows  2025-01-01 10:00 … 2025-06-29 23:00
               flat  5 rows
        params source.as_of=2025-06-30
        code   ingest.sh  {md5_of(root, "ingest.sh")[:8]}

used by
└── report  sh report.sh
    made   data/reports/metrics.json  {md5(root, "data/reports/metrics.json")[:8]}  10 B
    made   data/reports/page  {hashes["data/reports/page"]}  38 B, 1 file""".splitlines()
    )


def md5_of(root: Path, dep: Any) -> str:
    return next(pin.md5 for pin in Project(root).workspace.lock.pins if pin.path == dep)


def size(root: Path) -> str:
    return f"{Project(root).workspace.lock.outs['data/raw'].size} B"


def test_json_is_complete_with_full_hashes(root: Path) -> None:
    done = run(root, "lineage", "data/raw/orders.csv", "--json")
    found = json.loads(done.stdout)
    assert list(found) == [
        "asked",
        "kind",
        "label",
        "notes",
        "promoted",
        "recorded",
        "files",
        "made",
        "used",
        "registered",
    ]
    assert (found["kind"], found["files"][0]["path"]) == ("path", "orders.csv")
    (way,) = found["made"]
    (ingest,) = way["stages"]
    assert ingest == {
        "stage": "ingest",
        "cmd": "sh ingest.sh",
        "params": {"source.as_of": "2025-06-30"},
        "deps": [{"path": "ingest.sh", "md5": md5_of(root, "ingest.sh"), "size": ingest["deps"][0]["size"],
                  "files": None, "made_by": [], "now": None}],
        "outs": [{"path": "data/raw", "md5": md5(root, "data/raw"), "size": way["of"][0]["size"], "files": 3,
                  "unknown": None,
                  "tables": {"orders": {"rows": 1234, "span": ["2025-01-01T10:00:00", "2025-06-29T23:00:00"]},
                             "flat": {"rows": 5, "span": None}}}],
    }  # fmt: skip
    (lock,) = way["locks"]
    assert lock["commits"][0]["commit"] == call(root, "git", "rev-parse", "HEAD").strip()
    train = found["used"][0]["stages"][0]
    assert [dep["made_by"] for dep in train["deps"] if dep["path"] == "data/raw"] == [["ingest"]]


def test_promotions_are_shown_with_a_version_and_with_its_data(root: Path) -> None:
    model = md5(root, "data/models/model")
    promoted = [Promotion("2026-01-02T03:04:05+00:00", "ann", "champion", f"beats {HOSTILE}")]
    head = call(root, "git", "rev-parse", "HEAD").strip()
    registry = Registered(ModelRecord("shop/7", head, hashes={"data/models/model": model}, promoted=promoted))
    for name in ("7", "data/raw"):
        text = shown(ask(root, name, registry))
        assert "champion 2026-01-02 03:04 (beats [red]x[/red]\\u202e\\u200b\\x1b[31m\\n) by ann" in text
    assert "registered as shop/7" in text
    assert as_json(ask(root, "data/raw", registry))["registered"][0]["promoted"][0]["who"] == "ann"


def test_older_ways_are_shown_as_differences_and_the_rest_is_counted(root: Path) -> None:
    text = shown(ask(root, md5(root, "data/raw")))
    assert text.count("sh train.sh") == 1
    assert len(re.findall(r"train\.depth \d → \d", text)) == 2
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_ways_beyond_a_screen_are_counted_and_json_has_them_all(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "many")
    for depth in range(20, 30):
        params(root, "2025-06-30", depth)
        (root / "dvc.lock").write_text(
            (root / "dvc.lock").read_text().replace(f"depth: {depth - 1 if depth > 20 else 4}", f"depth: {depth}")
        )
        commit(root, f"depth {depth}")
    found = ask(root, md5(root, "data/raw"))
    assert "older ways that differ: --json has them all" in shown(found)
    assert len(as_json(found)["used"]) == 13


def test_after_a_run_of_one_stage_the_lock_shows_that_the_other_read_other_bytes(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "half")
    params(root, "2025-12-31", 4)
    call(root, "dvc", "repro", "-q", "-s", "ingest")
    found = ask(root, "data/models/model")
    assert [step.stage for step in found.made[0].steps] == ["train"]
    assert f"rewritten since, as {md5(root, 'data/raw')[:8]}" in shown(found).replace("\n", " ")


def test_hostile_names_and_values_are_shown_escaped(root: Path, tmp_path: Path) -> None:
    text = (root / "dvc.lock").read_text()
    hostile = json.dumps(HOSTILE)
    lock = (
        text.replace("depth: 4", f"depth: {hostile}")
        .replace("sh train.sh", hostile)
        .replace("path: train.sh", f"path: {hostile}")
    )
    copy = tmp_path / "copy"
    call(root, "git", "clone", "-q", str(root), str(copy))
    (copy / "dvc.lock").write_text(lock)
    commit(copy, f"subject {HOSTILE}")
    call(copy, "git", "branch", "b\u202eranch")
    for name in ("b\u202eranch", "data/models/model"):
        text = shown(ask(copy, name))
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        assert "train.depth=[red]x[/red]" in text
    with pytest.raises(LockstepError) as error:
        ask(copy, f"nothing{HOSTILE}")
    done = run(copy, "lineage", f"nothing{HOSTILE}")
    assert done.returncode == 2
    assert str(error.value) + "\n" == done.stderr.removeprefix("lockstep: ")
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def test_data_missing_from_the_cache_is_unknown_and_not_a_failure(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    call(root, "git", "clone", "-q", str(root), str(copy))
    assert "rows unknown (not in the cache)" in shown(ask(copy, "HEAD"))


@pytest.mark.parametrize("folder", ["empty", "no lock"])
def test_without_git_or_a_lock_the_error_names_what_is_missing(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    if folder == "no lock":
        call(tmp_path / folder, "git", "init", "-q")
        commit(tmp_path / folder)
    done = run(tmp_path / folder, "lineage", "workspace")
    assert done.returncode == 2
    assert ("dvc repro" in done.stderr) == (folder == "no lock")
    assert "Traceback" not in done.stderr


def test_a_rebuilt_version_is_compared_with_the_lock_and_the_recorded_hashes(root: Path) -> None:
    head = call(root, "git", "rev-parse", "HEAD").strip()
    good = {"data/models/model": md5(root, "data/models/model"), "data/elsewhere": "0" * 32}
    proof = verify_version(root, "7", Registered(ModelRecord("shop/7", head, hashes=good)))
    assert (proof.locked, proof.recorded, proof.commit) == ([], [], head)
    bad = {"data/models/model": "0" * 32 + ".dir"}
    proof = verify_version(root, "7", Registered(ModelRecord("shop/7", head, hashes=bad)))
    assert proof.locked == []
    (difference,) = proof.recorded
    assert (difference.stage, difference.committed, difference.rebuilt) == (
        "train", "0" * 32 + ".dir", md5(root, "data/models/model"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dirty": True}, "not rebuildable: the checkout that trained it had uncommitted changes"),
        ({"commit": None}, "not rebuildable: no commit"),
        ({"hashes": {}}, "nothing to compare with"),
    ],
)
def test_a_version_that_cannot_be_verified_is_an_error_and_not_a_pass(
    root: Path, changes: dict[str, bool | dict[str, Any] | None], message: str
) -> None:
    head = call(root, "git", "rev-parse", "HEAD").strip()
    given = {"commit": head, "hashes": {"data/models/model": "0" * 32}} | changes
    with pytest.raises(LockstepError, match=message):
        verify_version(root, "7", Registered(ModelRecord("shop/7", **given)))


def test_a_missing_version_is_an_error(root: Path) -> None:
    with pytest.raises(LockstepError, match="8: no such model version"):
        verify_version(root, "8", NoVersions())
    assert run(root, "verify", "--version", "8").returncode == 2
