"""Values from the environment are used and never shown."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.errors import LockstepError
from lockstep.core.source_url import locate, redacting

URL = "postgresql://me:${PASSWORD}@${HOST}:5432/shop"
ENVIRONMENT = {"PASSWORD": "hunter2!", "HOST": "db.internal"}


def test_variables_are_filled_in_and_the_shown_form_keeps_their_names() -> None:
    location = locate(URL, ENVIRONMENT)
    assert location.url == "postgresql://me:hunter2!@db.internal:5432/shop"
    assert location.shown == URL
    assert "hunter2" not in repr(location)


def test_a_password_is_percent_encoded_unless_it_is_so_already() -> None:
    for given_, used in (("a@b/c", "a%40b%2Fc"), ("a%40b", "a%40b"), ("100%", "100%25"), ("plain", "plain")):
        assert locate("x://u:${P}@h/d", {"P": given_}).url == f"x://u:{used}@h/d"


def test_all_variables_that_are_not_set_are_reported() -> None:
    with pytest.raises(LockstepError) as caught:
        locate(URL, {"HOST": ""})
    assert caught.value.details == ("PASSWORD", "HOST")


def test_a_password_in_params_is_not_shown_either() -> None:
    location = locate("postgresql://me:hunter2@host/shop", {})
    assert location.shown == "postgresql://me:***@host/shop"
    assert location.redact("login of me:hunter2 failed") == "login of me:*** failed"


def test_a_short_secret_is_masked_as_a_whole_word() -> None:
    assert locate("x://u:${P}@h/d", {"P": "ab"}).redact("table ab: 'ab'") == "table ${P}: '${P}'"


SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=4).filter(str.strip)


@given(SECRETS, st.text(), st.text())
def test_no_text_shows_a_secret_once_redacted(secret: str, before: str, after: str) -> None:
    location = locate("x://u:${P}@h/d", {"P": secret})
    # A text may join up with the mask to look like the secret: only where it is part of ${P} itself.
    if secret not in "${P}" and secret not in before + "${P}" + after:
        assert secret not in location.redact(before + secret + after)


def test_no_traceback_shows_a_secret_even_of_an_error_that_led_to_another() -> None:
    location = locate(URL, ENVIRONMENT)
    try:
        with redacting(location):
            try:
                raise OSError("cannot log in with hunter2!")  # noqa: TRY301
            except OSError as error:
                raise RuntimeError("gave up") from error
    except LockstepError as error:
        assert "hunter2" not in "".join(traceback.format_exception(error))


def test_an_error_that_shows_nothing_stays_what_it_is() -> None:
    with pytest.raises(KeyError), redacting(locate(URL, ENVIRONMENT)):
        raise KeyError("a fault of the program")


def test_a_variable_without_braces_is_the_same() -> None:
    """`dvc exp run -S` takes `${VAR}` for a reference of its own, and fails; `$VAR` it leaves alone."""
    bare, braced = (locate(url, {"P_1": "se:cret"}) for url in ("x://u:$P_1@h/$d", "x://u:${P_1}@h/$d"))
    assert bare == braced
    assert "cret" not in bare.shown
