"""What the entries of a ledger add up to, whatever their order."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from lockstep.registry.replay import Action, champion, champions, ever, previous


@dataclass(frozen=True)
class Moved:
    action: Action
    version_to: int


ANY = st.lists(st.builds(Moved, st.sampled_from(["promote", "rollback", "refused"]), st.integers(1, 5)), max_size=30)


def back(moves: list["Moved"]) -> list["Moved"]:
    """The moves, and a rollback to the champion before."""
    return [*moves, Moved("rollback", previous(moves))]


@given(ANY)
def test_the_champion_is_what_the_last_move_that_moved_something_says(moves: list["Moved"]) -> None:
    moved = [move.version_to for move in moves if move.action != "refused"]
    assert champion(moves) == (moved[-1] if moved else None)


@given(ANY, st.integers(0, 30), st.integers(1, 5))
def test_a_refusal_changes_nothing(moves: list["Moved"], place: int, number: int) -> None:
    with_refusal = [*moves[:place], Moved("refused", number), *moves[place:]]
    assert (champions(with_refusal), ever(with_refusal)) == (champions(moves), ever(moves))


@given(ANY, st.integers(1, 5))
def test_a_rollback_takes_a_promotion_back(moves: list["Moved"], number: int) -> None:
    before = champion(moves)
    promoted = [*moves, Moved("promote", number)]
    if before not in (None, number):
        assert champion(back(promoted)) == previous(promoted) == before


@given(ANY)
def test_repeated_rollbacks_end_and_never_return_to_where_they_left(moves: list["Moved"]) -> None:
    seen = [champions(moves)]
    while previous(moves) is not None:
        left = champion(moves)
        moves = back(moves)
        assert champion(moves) != left
        assert champions(moves) == seen[-1][: len(champions(moves))], "what is left is what had been below"
        seen.append(champions(moves))
        assert len(seen[-1]) < len(seen[-2])
    assert len(set(seen[-1])) <= 1


@given(ANY)
def test_whoever_one_can_go_back_to_has_been_champion(moves: list["Moved"]) -> None:
    assert set(champions(moves)) <= set(ever(moves))
    assert previous(moves) is None or previous(moves) != champion(moves)


def test_without_moves_there_is_no_champion() -> None:
    assert (champions([]), champion([]), previous([]), ever([])) == ([], None, None, [])


def test_a_champion_that_a_rollback_left_can_be_put_back_by_its_number() -> None:
    moves = [Moved("promote", 1), Moved("promote", 2), Moved("rollback", 1), Moved("rollback", 2)]
    assert (champion(moves), previous(moves)) == (2, 1)
