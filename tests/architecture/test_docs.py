"""The documentation names files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
PATH = re.compile(
    r"`((?:src/lockstep/|flows/|tests/|docs/|[a-z]+/)[\w./-]+\.(?:py|md|yaml|toml)|src/lockstep/[\w/]+/)`"
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_of_a_document_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    places = (ROOT, ROOT / "src" / "lockstep", ROOT / "src" / "lockstep" / "pipeline")
    named = [path for path in PATH.findall(text) if not re.search(r"NAME|NNNN|^pinned/|^data/", path)]
    paths = [path for path in named if not any((place / path).exists() for place in places)]
    links = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert (paths, links) == ([], [])
