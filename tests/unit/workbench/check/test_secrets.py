"""What looks like a secret, and what does not."""

from pathlib import Path

import pytest

from lockstep.versioning.lockfile.yaml_reader import parse
from lockstep.workbench.check.secrets import secrets

REPOSITORY = Path(__file__).parents[4]
DIGITS = "0123456789abcdefghijABCDEFGHIJ0123456789"
FOUND = [
    "url: postgresql://me:hunter2@host/shop",
    "url: postgresql://:hunter2@host/shop",
    "url: postgresql+psycopg://me:p:w@host/shop  # a colon inside",
    "url: snowflake://host/db?user=me&password=hunter2",
    "# url: mysql://root:toor@host/shop",
    "x: AKIA" + "ABCDEFGHIJKLMNOP",
    "x: ghp_" + DIGITS[:36],
    "x: glpat-" + DIGITS[:20],
    "x: xoxb-" + DIGITS[:12],
    "x: [a, {b: sk-" + DIGITS[:24] + "}]",
    "x: eyJ" + DIGITS[:12] + ".eyJ" + DIGITS[:12] + ".sig",
    "x: '-----BEGIN RSA " + "PRIVATE KEY-----'",
    "password: hunter2hunter3",
    "source: {api_key: 9f8e7d6c5b4a}",
    "source: {clientSecret: [qWeRtYuIoP]}",
]
FINE = [
    "url: postgresql://me:${SHOP_PASSWORD}@host/shop",
    "url: postgresql://me:$SHOP_PASSWORD@host/shop",
    "url: postgresql://me@host:5432/shop",
    "url: sqlite:///data/source/shop.db",
    "url: https://host/a@b?token=$TOKEN",
    "password: $SHOP_PASSWORD",
    "password: ${SHOP_PASSWORD}",
    "password: ''",
    "token: text",
    "features: {token_count: {password_resets: [count, mean]}}",
    "tokens: 123456789012",
    "hash: 0123456789abcdef0123456789abcdef",
    "secret: a sentence of Several Words 1",
]


@pytest.mark.parametrize("text", FOUND)
def test_what_looks_like_a_secret_is_named_and_not_shown(text: str) -> None:
    (found,) = secrets(text, parse(text))
    assert found.where.startswith("params.yaml, ")
    for hidden in ("hunter", "toor", "9f8e", "qWeR", "01234", "ABCD"):
        assert hidden not in found.where + found.expected


@pytest.mark.parametrize("text", FINE)
def test_other_values_are_not_reported(text: str) -> None:
    assert secrets(text, parse(text)) == []


@pytest.mark.parametrize("path", ["params.yaml", "examples/cdnow/params.yaml", "examples/telco/params.yaml"])
def test_the_repositorys_own_params_have_no_secret(path: str) -> None:
    text = (REPOSITORY / path).read_text()
    assert secrets(text, parse(text)) == []


def test_a_damaged_file_is_searched_anyway() -> None:
    assert [one.where for one in secrets("a: [\nb: db://x:hunter2@y", {})] == ["params.yaml, line 2"]
