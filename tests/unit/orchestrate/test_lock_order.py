"""The order of stages in dvc.lock."""

from hypothesis import given
from hypothesis import strategies as st

from lockstep.orchestrate.dvc_repo.lock_order import in_order

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=1), unique=True)


def test_what_stood_there_stays_and_new_stages_follow_as_planned() -> None:
    assert in_order(["c", "new", "a", "newer"], ["a", "gone", "c"], ["newer", "a", "new", "c"]) == [
        "a",
        "c",
        "newer",
        "new",
    ]


@given(found=NAMES, stood=NAMES, planned=NAMES)
def test_nothing_is_lost_or_made_up_and_a_second_time_changes_nothing(
    found: list[str], stood: list[str], planned: list[str]
) -> None:
    order = in_order(found, stood, planned)
    assert sorted(order) == sorted(found)
    assert in_order(order, stood, planned) == order
    assert [name for name in order if name in stood] == [name for name in stood if name in found]


@given(stood=NAMES, planned=NAMES, random=st.randoms(use_true_random=False))
def test_the_order_in_which_branches_end_does_not_matter(stood: list[str], planned: list[str], random: object) -> None:
    ended = list(dict.fromkeys([*stood, *planned]))
    expected = in_order(ended, stood, planned)
    random.shuffle(ended)
    assert in_order(ended, stood, planned) == expected
