"""dvc.yaml compared with code that is parsed and not imported."""

from pathlib import Path

from lockstep.workbench.check.coverage import covers
from lockstep.workbench.check.finding import Skipped

MODULES = {
    "__init__": "",
    "deep": "VALUE = 1\n",
    "near": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lockstep.pipeline.other import stage\n"
    "def use():\n    from lockstep.deep import VALUE\n",
    "pipeline/__init__": "",
    "pipeline/make/stage": "import lockstep.near\nraise SystemExit('must not be imported')\n",
    "pipeline/other/stage": "x = 1\n",
}
CODE = ["src/lockstep/deep.py", "src/lockstep/near.py", "src/lockstep/pipeline/make"]


def stage(deps: list[str]) -> dict[str, dict[str, list[str] | str]]:
    return {"make": {"cmd": "lockstep stage make", "deps": [*deps, "data/raw"]}}


def project(root: Path) -> Path:
    for name, text in MODULES.items():
        path = root / "src" / "lockstep" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_closure_is_all_imported_modules_and_no_others(tmp_path: Path) -> None:
    assert covers(project(tmp_path), stage(CODE)) == []


def test_missing_and_unused_deps_are_named(tmp_path: Path) -> None:
    found = covers(project(tmp_path), stage([*CODE[1:], "src/lockstep/pipeline/other"]))
    assert [one.expected.replace(":", ",").split(",")[0] for one in found] == [
        CODE[0],
        "no src/lockstep/pipeline/other",
    ]


def test_a_template_beside_the_code_counts(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "src" / "lockstep" / "pages").mkdir()
    (root / "src" / "lockstep" / "pages" / "page.html").write_text("x")
    assert [one.expected.split(",")[0] for one in covers(root, stage(CODE))] == ["src/lockstep/pages"]


def test_other_commands_are_not_judged(tmp_path: Path) -> None:
    assert covers(project(tmp_path), {"make": {"cmd": "python mine.py", "deps": ["src/x.py"]}}) == []


def test_with_an_installed_lockstep_the_rule_does_not_apply(tmp_path: Path) -> None:
    assert isinstance(covers(tmp_path, stage([])), Skipped)
