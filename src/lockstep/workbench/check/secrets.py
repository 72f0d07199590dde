"""Rule `secrets`: nothing in params.yaml looks like a secret; findings name the place, never the value."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lockstep.workbench.check.finding import Finding

RULE = "secrets"
EXPECTED = "a reference such as $SHOP_PASSWORD; this looks like a secret: {}"

_REFERENCE = re.compile(r"\$\{?[A-Za-z_]\w*\}?")
_IN_URL = (
    re.compile(r"[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:(?P<secret>[^\s'\"]+)@", re.IGNORECASE),
    re.compile(r"[?&](?:password|passwd|pwd|token|secret|api_?key|sig)=(?P<secret>[^&\s'\"]+)", re.IGNORECASE),
)
_TOKENS = {
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{22,})",
    "a token of GitLab": r"\bglpat-[\w-]{20,}",
    "a token of Slack": r"\bxox[abeoprs]-[\w-]{10,}",
    "a key of Google": r"\bAIza[\w-]{35}",
    "an API key": r"\bsk-[\w-]{20,}",
    "a token of Hugging Face": r"\bhf_[0-9A-Za-z]{30,}",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_KEY = re.compile(r"passw|passphrase|secret|token|credential|api_?key|access_?key|private_?key|^pwd$", re.IGNORECASE)
_LONG = 8  # characters; a shorter value may be a word
_RANDOM = 2.5  # bits a character: of eight characters, about six differ


def secrets(text: str, document: Any, where: str = "params.yaml") -> list[Finding]:
    """Return what looks like a secret.

    Args:
        text: of the file: comments are searched for tokens and URLs too.
        document: the parsed text: values under names such as `password` are checked.
        where: name of the file.
    """
    lines = [
        Finding(RULE, f"{where}, line {number}", EXPECTED.format(what))
        for number, line in enumerate(text.split("\n"), 1)
        for what in _in_line(line)
    ]
    named = (path for path, value in _strings(document, "") if _is_secret(path, value))
    return lines + [Finding(RULE, f"{where}, {path}", EXPECTED.format("by its name")) for path in named]


def _in_line(line: str) -> Iterator[str]:
    yield from (what for what, shape in _TOKENS.items() if re.search(shape, line))
    for shape in _IN_URL:
        if any(not _REFERENCE.fullmatch(match["secret"]) for match in shape.finditer(line)):
            yield "a password in a URL"


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from _strings(below, f"{path}.{key}" if path else str(key))


def _is_secret(path: str, value: str) -> bool:
    if not any(_KEY.search(part) for part in path.split(".")) or _REFERENCE.fullmatch(value):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s.,-]"))
    return len(value) >= _LONG and kinds > 1 and not re.search(r"\s", value) and _entropy(value) >= _RANDOM


def _entropy(text: str) -> float:
    """Return Shannon's entropy, in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
