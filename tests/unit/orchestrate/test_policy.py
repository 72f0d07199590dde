"""`meta:` of a stage: retries and time."""

from datetime import timedelta
from typing import Any

import pytest

from lockstep.core.errors import LockstepError
from lockstep.orchestrate.dvc_repo.policy import Policy, policy


@pytest.mark.parametrize("meta", [None, {}, {"owner": "me", "ticket": 7}])
def test_without_keys_a_stage_is_tried_once_without_a_time_limit(meta: Any) -> None:
    assert policy("train", meta) == Policy()
    assert (Policy().retries, Policy().timeout) == (0, None)


def test_delays_may_be_seconds() -> None:
    found = policy("train", {"retries": 5, "retry_delay": "0s", "jitter": 0, "timeout": "4h"})
    assert found == Policy(retries=5, retry_delay=timedelta(0), jitter=0, timeout=timedelta(hours=4))


@pytest.mark.parametrize("slip", ["retires", "retry-delay", "time_out", "Retries", "retry"])
def test_a_misspelt_key_is_named(slip: str) -> None:
    with pytest.raises(LockstepError, match=rf"(?s)stages\.train\.meta.*{slip}; did you mean"):
        policy("train", {slip: 3})


@pytest.mark.parametrize(
    "meta",
    [
        {"retries": -1},
        {"retries": 101},
        {"retries": "many"},
        {"retry_delay": "soon"},
        {"retry_delay": "-5s"},
        {"jitter": -0.1},
        {"timeout": "0x"},
        {"retries": True},
        {"retry_delay": None},
    ],
)
def test_an_invalid_value_is_named_with_its_key(meta: dict[str, Any]) -> None:
    with pytest.raises(LockstepError, match=rf"(?s)stages\.train\.meta.*{next(iter(meta))}"):
        policy("train", meta)


@pytest.mark.parametrize("meta", ["retries", 3, ["retries"]])
def test_meta_is_a_mapping(meta: Any) -> None:
    with pytest.raises(LockstepError, match=r"stages\.train\.meta: expected a mapping"):
        policy("train", meta)
