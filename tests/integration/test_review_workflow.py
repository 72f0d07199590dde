"""The scripts of the review in GitHub's CI, run unchanged, with git, jq, and fakes of the other programs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_workflows import JOBS
from tests.integration.ci_runner import MARK, WELL, Runner, make_runner
from tests.integration.repository import call


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return make_runner(tmp_path)


def steps(job: str) -> list[str]:
    return [step["run"] for step in JOBS[f"review/{job}"]["steps"] if "run" in step]


def test_the_head_is_reviewed_from_the_merge_base_and_not_checked_out(runner: Runner) -> None:
    done = runner.run(steps("review"))
    assert done.returncode == 0, done.stderr
    assert runner.called("lockstep") == [f"review {runner.parted} {runner.head} --strict --to out"]
    assert call(runner.here, "git", "rev-parse", "HEAD").strip() == runner.base
    assert call(runner.here, "git", "status", "--porcelain").split() == ["??", "out/"]
    assert (runner.here / "Makefile").read_text() == "base"
    assert runner.read("summary") == WELL
    assert runner.read("output") == "written=true\n"


def test_the_installed_environment_is_the_bases_and_later_steps_use_it(runner: Runner) -> None:
    runner.run(steps("review"))
    assert runner.called("make") == [".venv/.ready"]
    assert runner.read("path") == f"{runner.here}/.venv/bin\n"


@pytest.mark.parametrize(("remote", "pulls"), [("", []), ("store", ["pull"])])
def test_data_is_pulled_if_a_remote_is_set_and_its_errors_do_not_end_the_review(
    runner: Runner, remote: str, pulls: list[str]
) -> None:
    assert runner.run(steps("review"), REMOTE=remote, PULL="1").returncode == 0
    assert runner.called("dvc")[1:] == pulls
    assert len(runner.called("lockstep")) == 1


@pytest.mark.parametrize("status", ["1", "2"])
def test_the_run_fails_with_the_review_and_its_summary_is_written_anyway(runner: Runner, status: str) -> None:
    assert runner.run(steps("review"), STATUS=status).returncode == int(status)
    assert runner.read("summary") == WELL
    assert runner.read("output") == "written=true\n"


def test_a_failed_review_replaces_the_previous_one(runner: Runner) -> None:
    assert runner.run(steps("review"), STATUS="2", REVIEW="").returncode == 2
    assert (runner.here / "out" / "review.md").read_text().startswith(f"{MARK}\nNo review could be made (exit code 2)")
    assert runner.read("output") == "written=true\n"


def test_output_of_the_review_is_no_command_to_the_runner(runner: Runner) -> None:
    stop, hostile, go = runner.run(steps("review")).stdout.splitlines()
    assert (stop.partition("::stop-commands::")[0], hostile) == ("", "::error::named so by a pull request")
    assert go == f"::{stop.rpartition('::')[2]}::"


@pytest.fixture
def comment(runner: Runner) -> Any:
    """Return what runs the job, on the comments of a pull request: the calls after the first, and the body."""
    if not shutil.which("jq"):
        pytest.skip("no jq, which the runners have and `gh --jq` brings")

    def run(comments: list[dict[str, Any]], review: str) -> tuple[list[str], str]:
        (runner.here / "out").mkdir()
        (runner.here / "out" / "review.md").write_text(review)
        (runner.root / "comments").write_text(json.dumps(comments))
        given = {
            "GITHUB_REPOSITORY": "team/shop",
            "GITHUB_SERVER_URL": "https://forge",
            "GITHUB_RUN_ID": "9",
            "NUMBER": "1",
            "COMMENTS": str(runner.root / "comments"),
            "POSTED": str(runner.root / "posted"),
        }
        done = runner.run(steps("comment"), **given)
        assert done.returncode == 0, done.stderr
        calls = [line for line in runner.called("gh") if "--method" in line]
        return calls, runner.read("posted")

    return run


def said(number: int, by: str, body: str) -> dict[str, Any]:
    return {"id": number, "user": {"login": by}, "body": body}


def test_the_first_comment_is_new_and_names_the_run(comment: Any) -> None:
    others = [said(1, "ann", f"{MARK} mine"), said(2, "github-actions[bot]", f"see {MARK}")]
    calls, body = comment(others, WELL)
    assert calls == ["api --silent --method POST repos/team/shop/issues/1/comments -F body=@out/review.md"]
    assert body == f"{WELL}\n[The run, with plots and page](https://forge/team/shop/actions/runs/9)\n"


def test_later_reviews_replace_it(comment: Any) -> None:
    mine = [said(number, "github-actions[bot]", f"{MARK}\nold") for number in (11, 12)]
    calls, _ = comment([said(1, "ann", "hello"), *mine], WELL)
    assert calls == ["api --silent --method PATCH repos/team/shop/issues/comments/11 -F body=@out/review.md"]


def test_a_review_that_fills_a_comment_is_posted_as_it_is(comment: Any) -> None:
    long = MARK + "x" * 65_400
    assert comment([], long)[1] == long
