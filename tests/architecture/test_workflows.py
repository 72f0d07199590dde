"""What runs in CI may do what it must and no more, and nothing that a pull request says reaches a shell."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from lockstep.core.spec import read_document
from lockstep.versioning.lockfile.yaml_reader import parse

ROOT = Path(__file__).parents[2]
FILES = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").iterdir())}
WORKFLOWS = {name: read_document(path) for name, path in FILES.items()}  # YAML 1.2, in which `on` is no truth
JOBS = {f"{name}/{job}": spec for name, workflow in WORKFLOWS.items() for job, spec in workflow["jobs"].items()}
PINNED = re.compile(r"\s+(?:- )?uses: (?P<action>[\w-]+/[\w-]+)@(?P<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+")
BASE = "${{ github.event.pull_request.base.sha }}"
DOCUMENT = ROOT / "docs" / "continuous-integration.md"
GITLAB = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]


def checkouts(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [step.get("with", {}) for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]


def scripts(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_there_is_a_workflow_for_the_review_and_one_for_the_tests() -> None:
    assert set(WORKFLOWS) == {"review", "tests"}


def test_every_action_is_pinned_by_one_commit_and_says_its_version() -> None:
    lines = [line for path in FILES.values() for line in path.read_text().splitlines() if "uses:" in line]
    found = [PINNED.fullmatch(line) for line in lines]
    assert [line for line, match in zip(lines, found, strict=True) if match is None] == []
    commits = {(match["action"], match["commit"]) for match in found if match}
    assert len(commits) == len({action for action, _ in commits})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_at_most_read(name: str) -> None:
    assert set(WORKFLOWS[name]["permissions"].items()) <= {("contents", "read")}


@pytest.mark.parametrize("name", JOBS)
def test_only_the_comment_may_write_and_only_to_pull_requests(name: str) -> None:
    allowed = {("pull-requests", "write")} if name == "review/comment" else {("contents", "read")}
    assert set(JOBS[name].get("permissions", {}).items()) <= allowed


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_runs_with_the_rights_of_the_base(name: str) -> None:
    assert set(WORKFLOWS[name]["on"]) <= {"pull_request", "push"}


@pytest.mark.parametrize("name", JOBS)
def test_no_expression_stands_in_a_script(name: str) -> None:
    assert [script for script in scripts(JOBS[name]) if "${{" in script] == []


@pytest.mark.parametrize("name", JOBS)
def test_secrets_and_tokens_are_kept_from_what_lays_out_a_head(name: str) -> None:
    if any(checkout.get("ref") != BASE for checkout in checkouts(JOBS[name])):
        assert not re.search(r"secrets\.|github\.token", str(JOBS[name]))


def test_the_review_never_lays_out_the_head() -> None:
    assert [checkout["ref"] for checkout in checkouts(JOBS["review/review"])] == [BASE]
    text = "\n".join(scripts(JOBS["review/review"]))
    assert not re.search(r"git (\S+ )*(checkout|switch|restore|reset|merge|worktree|archive|pull)\b(?!-)", text)


def test_the_comment_has_no_checkout() -> None:
    assert checkouts(JOBS["review/comment"]) == []


@pytest.mark.parametrize("name", JOBS)
def test_no_checkout_leaves_its_token_behind(name: str) -> None:
    assert {checkout.get("persist-credentials") for checkout in checkouts(JOBS[name])} <= {False}


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_a_time_limit(name: str) -> None:
    assert 0 < JOBS[name]["timeout-minutes"] <= 90


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_newer_push_ends_what_is_under_way(name: str) -> None:
    assert WORKFLOWS[name]["concurrency"]["cancel-in-progress"] is True


def test_the_tests_run_on_every_python_that_the_package_allows() -> None:
    allowed = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    expected = [f"3.{minor}" for minor in range(40) if f"3.{minor}" in allowed]
    assert JOBS["tests/tests"]["strategy"]["matrix"]["python"] == expected


def test_the_pipeline_for_gitlab_lays_out_no_head_and_has_limits() -> None:
    jobs = {name: job for name, job in parse(GITLAB).items() if name != "workflow"}
    assert set(jobs) == {"review", "note"}
    assert {job["variables"]["GIT_STRATEGY"] for job in jobs.values()} == {"none"}
    assert all(job["timeout"] for job in jobs.values())
    assert "REVIEW_TOKEN" not in str(jobs["review"])
