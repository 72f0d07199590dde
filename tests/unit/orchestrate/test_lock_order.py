"""The order of stages in dvc.lock."""

from hypothesis import given
from hypothesis import strategies as st

from lockstep.orchestrate.dvc_repo.lock_order import in_order

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=1), unique=True)


def test_existing_stages_keep_their_order_and_new_ones_follow() -> None:
    assert in_order(["c", "new", "a", "newer"], ["a", "gone", "c"], ["newer", "a", "new", "c"]) == [
        "a",
        "c",
        "newer",
        "new",
    ]


@given(found=NAMES, stood=NAMES, planned=NAMES)
def test_ordering_is_a_permutation_and_idempotent(found: list[str], stood: list[str], planned: list[str]) -> None:
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
