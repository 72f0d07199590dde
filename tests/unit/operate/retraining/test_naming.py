"""A retraining is named after its as_of, which can be read from the name."""

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockstep.operate.retraining.naming import as_of_of, branch_name, label, shown
from lockstep.params.pipeline.source import parse_instant

INSTANTS = st.datetimes()


@given(INSTANTS)
@example(datetime(1, 1, 1))
@example(datetime(2025, 7, 31, 0, 0, 0, 1))
def test_the_name_of_a_branch_leads_back_to_its_as_of(as_of: datetime) -> None:
    assert as_of_of(branch_name(as_of)) == as_of


@given(INSTANTS)
def test_the_shown_instant_is_read_back_by_params_yaml(as_of: datetime) -> None:
    assert parse_instant(shown(as_of)) == as_of


@given(INSTANTS)
def test_a_label_has_no_character_that_git_refuses_in_a_name(as_of: datetime) -> None:
    assert not set(label(as_of)) & set(" ~^:?*[\\/")


def test_a_midnight_is_a_date() -> None:
    assert branch_name(datetime(2025, 7, 31)) == "retrain/2025-07-31"
    assert branch_name(datetime(2025, 7, 31, 6)) == "retrain/2025-07-31T06-00-00"


@pytest.mark.parametrize(
    "branch", ["main", "retrain/", "retrain/soon", "2025-07-31", "retrain/2025-13-01", "x/retrain/2025-07-31"]
)
def test_another_branch_has_no_as_of(branch: str) -> None:
    assert as_of_of(branch) is None
