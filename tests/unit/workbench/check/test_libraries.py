"""libraries.yaml against requirements.lock: a difference is found, named, and `write` removes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.core.spec import read_document
from lockstep.workbench.check.finding import Finding, Skipped
from lockstep.workbench.check.libraries import FILE, libraries, write

STAGES = {"make": {"params": ["seed", {FILE: ["Not.Installed", "other-one"]}]}, "show": {"params": [{FILE: None}]}}
LOCK = 'not-installed==1.10 \\\n    --hash=sha256:0\nother_one==2.0 ; python_version < "4"\nunlisted==3.0\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  make: {params: [seed, {libraries.yaml: [Not.Installed, other-one]}]}\n"
    )
    return tmp_path


def test_what_is_written_is_what_the_lock_pins_and_passes_the_check(root: Path) -> None:
    assert read_document(write(root)) == {"Not.Installed": "1.10", "other-one": "2.0"}
    assert libraries(root, STAGES) == []


def test_a_new_version_a_missing_one_and_one_too_many_are_each_named(root: Path) -> None:
    (root / FILE).write_text('Not.Installed: "1.9"\nunlisted: "3.0"\n')
    assert [one.expected for one in found(root)] == [
        "Not.Installed 1.10; run `make lock`",
        "other-one 2.0; run `make lock`",
        "no unlisted, which no stage lists; run `make lock`",
    ]


def test_an_environment_with_another_version_is_a_finding(root: Path) -> None:
    (root / "requirements.lock").write_text("pytest==0.1\n")
    (root / FILE).write_text('pytest: "0.1"\n')
    (one,) = found(root, {"make": {"params": [{FILE: ["pytest"]}]}})
    assert (one.where.startswith("the environment has pytest "), one.expected) == (
        True,
        "0.1, as requirements.lock pins it",
    )


def test_a_library_that_the_lock_does_not_pin_is_an_error_that_names_it(root: Path) -> None:
    (root / "requirements.lock").write_text("unlisted==3.0\n")
    with pytest.raises(LockstepError, match=r"a pinned version of Not\.Installed, other-one"):
        write(root)


def test_a_project_whose_stages_list_no_library_is_not_checked(root: Path) -> None:
    assert isinstance(libraries(root, {"make": {"params": ["seed"]}}), Skipped)


def found(root: Path, stages: Mapping[str, Any] = STAGES) -> list[Finding]:
    result = libraries(root, stages)
    assert not isinstance(result, Skipped)
    return result
