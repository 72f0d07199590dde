"""The pipeline that the documentation has for GitLab: its scripts, run as they stand there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lockstep.versioning.lockfile.yaml_reader import parse
from tests.architecture.test_workflows import GITLAB
from tests.integration.ci_runner import MARK, WELL, Runner, make_runner


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return make_runner(tmp_path)


def test_the_head_is_reviewed_and_not_checked_out(runner: Runner) -> None:
    given = {
        "CI_REPOSITORY_URL": f"file://{runner.root / 'origin.git'}",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": runner.parted,
        "CI_COMMIT_SHA": runner.head,
    }
    done = runner.run(parse(GITLAB)["review"]["script"], **given, REMOTE="store", PULL="1", STATUS="1")
    assert done.returncode == 1
    assert runner.called("lockstep") == [f"review {runner.parted} {runner.head} --strict --to ../review"]
    assert (runner.here / "base" / "Makefile").read_text() == "base"
    assert (runner.here / "review" / "review.md").read_text() == WELL


@contextmanager
def server(notes: list[dict[str, Any]]) -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    """Serve the notes of a merge request to user 7; yield the address and what it is told."""
    told: list[tuple[str, str, Any]] = []

    class Api(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers["Content-Length"] or 0)
            if self.command != "GET":
                told.append((self.command, self.path, json.loads(self.rfile.read(size))))
            page = int(self.path.rpartition("page=")[2] or 0) if "page=" in self.path else 0
            body = json.dumps({"id": 7} if self.path == "/user" else notes[page * 2 - 2 : page * 2]).encode()
            self.send_response(200 if self.headers["PRIVATE-TOKEN"] == "token" else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 # http.server names them so

        def log_message(self, *_: object) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Api)
    thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", told
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def note(number: int, by: int, body: str) -> dict[str, Any]:
    return {"id": number, "author": {"id": by}, "body": body}


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([note(1, 8, f"{MARK} not ours"), note(2, 7, f"see {MARK}")], ("POST", "")),
        ([note(1, 8, "hello"), note(2, 8, "hello"), note(3, 7, f"{MARK}\nold")], ("PUT", "/3")),
    ],
)
@pytest.mark.parametrize("review", [WELL, None])
def test_there_is_one_note(runner: Runner, notes: list[Any], expected: tuple[str, str], review: Any) -> None:
    if review:
        (runner.here / "review").mkdir()
        (runner.here / "review" / "review.md").write_text(review)
    given = {"CI_MERGE_REQUEST_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "1", "REVIEW_TOKEN": "token", "no_proxy": "*"}
    with server(notes) as (url, told):
        done = runner.run(parse(GITLAB)["note"]["script"], **given, CI_API_V4_URL=url)
    assert done.returncode == 0, done.stderr
    [(method, path, sent)] = told
    assert (method, path) == (expected[0], f"/projects/5/merge_requests/1/notes{expected[1]}")
    assert sent["body"] == review or sent["body"].startswith(f"{MARK}\nNo review")
