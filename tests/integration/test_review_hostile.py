"""A revision under review may hold anything: each part is right, left out with a reason, or an error of one screen."""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from lockstep.core.errors import LockstepError
from lockstep.workbench.review.markdown import LIMIT, MARKER
from lockstep.workbench.review.outline.outline import outline
from lockstep.workbench.review.review import review, subject
from lockstep.workbench.review.show import show
from lockstep.workbench.review.write import write
from tests import commands
from tests.integration.repository import call
from tests.integration.reviewed_repository import Repository, evaluated, evaluation, featured, parquet, predictions


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def reviewed(repository: Repository, base: Any = None, head: Any = None) -> Any:
    """Return a review that could be drawn in every way."""
    of = subject(repository.workspace, base, head)
    found = review(of)
    out = repository.top.parent / "out"
    write(of, found, out)
    text = (out / "review.md").read_text("utf-8")
    assert text.startswith(MARKER)
    assert len(text.encode()) <= LIMIT
    json.loads((out / "review.json").read_text("utf-8"))
    show(outline(found), Console(file=io.StringIO(), width=80))
    return found


def test_a_better_model_is_judged_better(repository: Repository) -> None:
    base = repository.commit(evaluated(2.0))
    head = repository.commit(evaluated(0.2), featured(pd.DataFrame({"x": np.ones(600), "label": np.arange(600) % 2.0})))
    found = reviewed(repository, base, head)
    assert (found.verdict.standing, found.verdict.stale, found.left_out) == ("better", False, ())
    assert [one.name for one in found.shift.drifted] == ["x"]
    assert reviewed(repository, base).verdict == reviewed(repository, base, "main").verdict == found.verdict


FRAME = predictions()
BAD_PREDICTIONS = {
    "no Parquet": b"garbage",
    "empty": b"",
    "no rows": parquet(FRAME.head(0)),
    "no columns": parquet(pd.DataFrame(index=range(3))),
    "no label": parquet(FRAME.drop(columns="label")),
    "no model": parquet(FRAME.drop(columns="model_probability")),
    "NaN": parquet(FRAME.assign(model_probability=[np.nan, *FRAME.model_probability[1:]])),
    "infinite": parquet(FRAME.assign(model_probability=np.inf)),
    "beyond 1": parquet(FRAME.assign(model_probability=7.0)),
    "texts": parquet(FRAME.assign(model_probability="x")),
    "lists": parquet(FRAME.assign(model_probability=[[1.0]] * len(FRAME))),
    "other labels": parquet(FRAME.assign(label=5.0)),
    "null labels": parquet(FRAME.assign(label=None)),
    "keys of another type": parquet(FRAME.assign(customer_id=FRAME.customer_id.astype(str))),
    "lists as keys": parquet(FRAME.assign(customer_id=[[1]] * len(FRAME))),
    "duplicates": parquet(pd.concat([FRAME, FRAME])),
    "cutoffs that are texts": parquet(FRAME.assign(cutoff="soon")),
    "null cutoffs": parquet(FRAME.assign(cutoff=pd.NaT)),
    "another class": parquet(FRAME.assign(model_more=0.5)),
    "one label": parquet(FRAME.assign(label=1.0)),
    "rows of others": parquet(FRAME.assign(customer_id=FRAME.customer_id + 10**6)),
    "a level a row": parquet(FRAME.assign(segment_plan=FRAME.index.astype(str))),
    "segments of lists": parquet(FRAME.assign(segment_plan=[["a"]] * len(FRAME))),
}


@pytest.mark.parametrize("what", BAD_PREDICTIONS)
def test_invalid_predictions_are_left_out_or_not_comparable(repository: Repository, what: Any) -> None:
    base = repository.commit()
    head = repository.commit(evaluated(predictions__parquet=BAD_PREDICTIONS[what]))
    found = reviewed(repository, base, head)
    if what == "a level a row":
        assert found.results.comparison.segments == ()
    else:
        assert found.verdict.standing in ("unknown", "not comparable")
        assert len(found.verdict.why) < 1000


def test_too_many_predictions_are_not_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a column that holds one value, a thousand million rows are a few kilobytes."""
    base, head = repository.commit(evaluated(2.0)), repository.commit()
    monkeypatch.setattr("lockstep.workbench.review.predictions.ROWS", 599)
    assert "holds 600 rows; at most 599 are read" in reviewed(repository, base, head).left_out[0]


BAD_EVALUATIONS = {
    "none": None,
    "empty": b"",
    "NaN": json.dumps(evaluation(base_rate=float("nan"))).encode(),
    "list": b"[]",
    "huge": json.dumps(evaluation(rows=10**400)).encode(),
    "no scores": json.dumps(evaluation(scores=[])).encode(),
    "another main": json.dumps(evaluation(main="x")).encode(),
    "deep": b"[" * 100_000,
    "another task": json.dumps(evaluation(task="regression", decision=None)).encode(),
    "types": json.dumps(evaluation(rows="x", gate=7)).encode(),
    "surrogates": b'{"task": "\\ud800"}',
    "more keys": json.dumps(evaluation(more=1)).encode(),
    "many rules": json.dumps(
        evaluation(gate={"passed": False, "reasons": [{"passed": False, "text": "@x | <b>\n" * 50}] * 5000})
    ).encode(),
}


@pytest.mark.parametrize("what", BAD_EVALUATIONS)
def test_an_evaluation_of_any_shape_is_read_or_left_out(repository: Repository, what: Any) -> None:
    base = repository.commit()
    head = repository.commit(evaluated(0.2, evaluation__json=BAD_EVALUATIONS[what]))
    found = reviewed(repository, base, head)
    assert found.results.new is not None or found.left_out


BAD_CURVES = {
    "empty": b"",
    "garbage": b"garbage",
    "other columns": b"a,b\n1,2\n",
    "no text": b"\xff\xfe\x00",
    "texts": b"false_positive_rate,true_positive_rate\nx,y\n",
    "infinite": b"false_positive_rate,true_positive_rate\nnan,inf\n1e308,-1e308\n",
    "open quote": b'"',
    "long": b"recall,precision\n" + b"0,1\n" * 50_000,
    "huge": b"predicted,observed\n1e308,1e308\n-1e308,-1e308\n",
    "NaN": b"predicted,observed\nnan,nan\n",
}


@pytest.mark.parametrize("what", BAD_CURVES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_curves_of_any_shape_are_drawn_or_reported_missing(repository: Repository, what: Any) -> None:
    content = BAD_CURVES[what]
    base = repository.commit()
    head = repository.commit(evaluated(0.2, roc__csv=content, pr__csv=content, calibration__csv=content))
    reviewed(repository, base, head)
    out = repository.top.parent / "out"
    told = " ".join(json.loads((out / "review.json").read_text("utf-8"))["left_out"])
    for name in ("roc", "pr", "calibration"):
        assert (out / "plots" / f"{name}.svg").is_file() or name in told
    if what in ("garbage", "other columns", "no text", "texts", "open quote", "long"):
        assert "roc.csv of" in told or "pr.csv of" in told


X = np.random.default_rng(3).normal(size=600)
LABEL = np.arange(600) % 2.0
BAD_FEATURES = {
    "all null": featured(pd.DataFrame({"x": [None] * 600, "label": LABEL})),
    "all NaN": featured(pd.DataFrame({"x": np.full(600, np.nan), "label": LABEL})),
    "infinite": featured(pd.DataFrame({"x": np.full(600, np.inf), "label": LABEL})),
    "texts": featured(pd.DataFrame({"x": ["<b>"] * 600, "label": LABEL})),
    "lists": featured(pd.DataFrame({"x": [[1]] * 600, "label": LABEL})),
    "no label": featured(pd.DataFrame({"x": X})),
    "null labels": featured(pd.DataFrame({"x": X, "label": [None] * 600})),
    "no rows": featured(pd.DataFrame({"x": X, "label": LABEL}).head(0)),
    "no column": featured(pd.DataFrame({"y": X, "label": LABEL})),
    "no Parquet": featured(b"garbage"),
    "no train": featured(manifest=b'{"as_of": null, "tables": {}}'),
    "no schema": featured(schema=b"{}"),
    "another kind": featured(pd.DataFrame({"x": ["a"] * 600, "label": LABEL}), kind="text"),
    "twice": featured(
        pd.DataFrame({"x": X + 1, "label": LABEL}),
        schema=json.dumps(
            {
                "task": "binary",
                "key": "k",
                "cutoff": None,
                "features": [{"name": "x", "kind": "number", "origin": "aggregate"}] * 2,
            }
        ).encode(),
    ),
    "called label": featured(
        pd.DataFrame({"x": X + 1, "label": LABEL}),
        schema=json.dumps(
            {
                "task": "binary",
                "key": "k",
                "cutoff": None,
                "features": [{"name": "label", "kind": "number", "origin": "aggregate"}],
            }
        ).encode(),
    ),
}


@pytest.mark.parametrize("what", BAD_FEATURES)
@pytest.mark.parametrize("turned", [False, True])
def test_training_rows_of_any_shape_are_compared_or_left_out(repository: Repository, what: Any, turned: bool) -> None:
    base, head = repository.commit(), repository.commit(features=BAD_FEATURES[what])
    found = reviewed(repository, *((head, base) if turned else (base, head)))
    assert found.shift is not None or found.left_out


def fails(repository: Repository, match: Any, base: Any = None, head: Any = None) -> None:
    with pytest.raises(LockstepError, match=match) as error:
        reviewed(repository, base, head)
    text = str(error.value)
    assert len(text.splitlines()) < 20
    assert len(text) < 2000
    assert not [c for c in text if not c.isprintable() and c != "\n"]


BAD_TEXTS = {
    "no YAML": b"[",
    "a list": b"- 1",
    "no text": b"\xff\xfe",
    "control characters": b"a: \x1b[31m",
    "too long": b"a" * 6_000_000,
    "deep": b"a: [" + b"[" * 100_000,
    "other": b"stages: 7",
    "holds itself": b"&a [*a]",
}


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock"])
@pytest.mark.parametrize("what", BAD_TEXTS)
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(repository: Repository, name: str, what: Any) -> None:
    base = repository.commit()
    (repository.root / name).write_bytes(BAD_TEXTS[what])
    head = repository.save()
    if (name, what) == ("params.yaml", "other"):
        assert reviewed(repository, base, head).verdict.stale
    else:
        fails(repository, name.replace(".", r"\."), base, head)


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock", "code.py"])
def test_a_link_or_a_folder_is_not_read_as_a_file(repository: Repository, name: str, tmp_path: Path) -> None:
    base = repository.commit()
    secret = tmp_path / "secret"
    secret.write_text("password: hunter2\nstages: {}\n")
    (repository.root / name).unlink()
    (repository.root / name).symlink_to(secret)
    link = repository.save()
    (repository.root / name).unlink()
    (repository.root / name).mkdir()
    (repository.root / name / "file").write_text("a: 1")
    folder = repository.save()
    for head in (link, folder):
        if name in ("params.yaml", "dvc.yaml"):
            fails(repository, f"no {name}", base, head)
        else:
            found = reviewed(repository, base, head)
            assert found.verdict.stale
            assert "hunter2" not in found.model_dump_json()


@pytest.mark.parametrize("name", [b"\xff\xfe.py", b"new\nline", b"\x1b[31m", b'"quoted"', b"a b", "é".encode()])
def test_paths_of_any_bytes_are_read(repository: Repository, name: str) -> None:
    base = repository.commit()
    (repository.root / "src").mkdir()
    with open(os.path.join(os.fsencode(repository.root / "src"), name), "wb") as file:  # noqa: PTH118, PTH123 # bytes
        file.write(b"\xff")
    pipeline = {
        "stages": {"evaluate": {"cmd": "x", "deps": ["src", os.fsdecode(name).encode("utf-8", "replace").decode()]}}
    }
    (repository.root / "dvc.yaml").write_text(json.dumps(pipeline))
    assert reviewed(repository, base, repository.save()).verdict.stale


def test_a_submodule_is_not_a_file(repository: Repository) -> None:
    base = repository.commit()
    call(repository.top, "git", "update-index", "--add", "--cacheinfo", f"160000,{base},params")
    call(repository.top, "git", "commit", "-qm", "module")
    assert not reviewed(repository, base, "HEAD").verdict.stale


@pytest.mark.parametrize(
    "md5", [None, 7, "", "12", "A" * 32 + ".dir", "../../../../etc/passwd", "1" * 32, "1" * 32 + ".dir", []]
)
def test_a_lock_with_other_hashes_pins_nothing_or_missing_files(
    repository: Repository, md5: int | list[Any] | str | None
) -> None:
    base = repository.commit()
    repository.lock(md5, md5)
    head = repository.save()
    try:
        found = reviewed(repository, base, head)
    except LockstepError as error:
        assert "dvc.lock: not a dvc.lock that can be read" in str(error)
    else:
        assert found.left_out
        assert found.results.new is None


@pytest.mark.parametrize(
    "name",
    ["--upload-pack=x", "-h", "a b", "new\nline", "\x1b[31m", "HEAD~9", "@{upstream}", "..", "x" * 5000],
    ids=[f"name {n}" for n in range(9)],
)
def test_an_unknown_revision_is_an_error(repository: Repository, name: str) -> None:
    base = repository.commit()
    for sides in ((base, name), (name, base)):
        fails(repository, "no git revision, and no experiment of that name", *sides)


@pytest.mark.parametrize("name", ["--upload-pack=x", "-h", "\u202eevil", "<script>", "a|b", "`b`", "main2/@x"])
def test_a_branch_of_any_name_is_a_branch(repository: Repository, name: str) -> None:
    base = repository.commit()
    head = repository.commit(evaluated(0.2))
    call(repository.top, "git", "update-ref", f"refs/heads/{name}", head)
    found = reviewed(repository, base, name)
    assert found.head.commit == head
    assert "\u202e" not in found.model_dump_json()


def test_without_a_commit_a_main_or_a_common_ancestor_it_is_an_error(repository: Repository) -> None:
    fails(repository, "git rev-parse")
    repository.commit()
    repository.commit(evaluated(0.2))
    assert reviewed(repository).base.name == "main"
    call(repository.top, "git", "checkout", "-q", "--orphan", "other")
    repository.commit(evaluated(0.3))
    fails(repository, "main and .* have no common ancestor")
    call(repository.top, "git", "branch", "-qD", "main")
    fails(repository, "no branch main or master here to compare with; name the BASE")
    call(repository.top, "git", "checkout", "-q", "--detach")
    assert reviewed(repository, "HEAD").results.same


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    from lockstep.core.workspace import Workspace

    with pytest.raises(LockstepError):
        subject(Workspace(tmp_path), None, None)


def test_a_shallow_clone_reviews_what_it_has(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    call(repository.top, "git", "checkout", "-qb", "change")
    repository.commit(evaluated(0.2))
    clone = tmp_path / "clone"
    call(tmp_path, "git", "clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository.top}", str(clone))
    repository.root = repository.top = clone
    fails(repository, "origin/main and [0-9a-f]+ have no common ancestor")
    assert reviewed(repository, "origin/main").results.left_out


def test_a_project_in_a_folder_of_its_repository_is_reviewed_like_one_of_its_own(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "all", "of/them")
    (repository.top / "params.yaml").write_text("another: project")
    base, head = repository.commit(evaluated(2.0)), repository.commit(evaluated(0.2))
    for found in (reviewed(repository, base, head), reviewed(repository, base)):
        assert (found.verdict.standing, found.verdict.stale, found.left_out) == ("better", False, ())


def test_no_code_of_the_head_runs_and_its_settings_are_ignored(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit()
    mark = tmp_path / "was run"
    attack = f"touch '{mark}'"
    (repository.root / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w')")
    (repository.root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (repository.root / ".dvc" / "config").write_text(
        "[core]\n    remote = evil\n['remote \"evil\"']\n    url = /evil\n"
    )
    (repository.root / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = --upload-pack={attack}\n')
    head = repository.save()
    call(repository.top, "git", "checkout", "-q", base)
    assert not reviewed(repository, base, head).verdict.stale
    assert not mark.exists()


def test_hostile_input_ends_in_a_message_without_escapes(repository: Repository) -> None:
    base = repository.commit()
    keys = json.dumps({"stages": {"evaluate": {"cmd": "x", "params": [{"\x1b[31m\u202e.yaml": ["a"]}]}}})
    head = repository.commit(dvc__yaml=keys)
    done = commands.run(["lockstep", "review", base, head], repository.root)
    assert done.returncode == 2
    assert not [c for c in done.stderr + done.stdout if not c.isprintable() and c != "\n"]
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 20
