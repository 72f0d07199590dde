"""The documentation names files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
PLACES = ("", "src/lockstep", *(f"src/lockstep/{part}" for part in ("pipeline", "pipeline/report", "orchestrate")))
MODULES = {path.name for part in ("src", "flows", "tests") for path in (ROOT / part).rglob("*.py")}
PATH = re.compile(
    r"`((?:src/lockstep/|flows/|tests/|docs/|[a-z_]+/)[\w./-]+\.(?:py|md|yaml|toml)|src/lockstep/[\w/]+/)`"
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_of_a_document_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = [path for path in PATH.findall(text) if not re.search(r"NAME|NNNN|SECTION|^pinned/", path)]
    paths = [path for path in named if not any((ROOT / place / path).exists() for place in PLACES)]
    modules = [name for name in re.findall(r"`([a-z_]+\.py)`", text) if name not in MODULES]
    links = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert (paths, modules, links) == ([], [], [])
