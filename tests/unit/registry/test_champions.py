"""The champions of a ledger, for any order of entries."""

from hypothesis import given
from hypothesis import strategies as st

from lockstep.registry.ledger import Action, Entry
from lockstep.registry.state import champion_of, champions, ever_champion, previous_champion


def moved(action: Action, number: int) -> Entry:
    return Entry("churn", 1, "", "", action, None, number)


ANY = st.lists(st.builds(moved, st.sampled_from(["promote", "rollback", "refused"]), st.integers(1, 5)), max_size=30)


def back(moves: list[Entry]) -> list[Entry]:
    """The moves, and a rollback to the champion before."""
    return [*moves, moved("rollback", previous_champion(moves))]


@given(ANY)
def test_the_champion_is_that_of_the_last_effective_entry(moves: list[Entry]) -> None:
    numbers = [move.version_to for move in moves if move.action != "refused"]
    assert champion_of(moves) == (numbers[-1] if numbers else None)


@given(ANY, st.integers(0, 30), st.integers(1, 5))
def test_a_refusal_changes_nothing(moves: list[Entry], place: int, number: int) -> None:
    with_refusal = [*moves[:place], moved("refused", number), *moves[place:]]
    assert (champions(with_refusal), ever_champion(with_refusal)) == (champions(moves), ever_champion(moves))


@given(ANY, st.integers(1, 5))
def test_a_rollback_reverts_a_promotion(moves: list[Entry], number: int) -> None:
    before = champion_of(moves)
    promoted = [*moves, moved("promote", number)]
    if before not in (None, number):
        assert champion_of(back(promoted)) == previous_champion(promoted) == before


@given(ANY)
def test_repeated_rollbacks_end_without_cycles(moves: list[Entry]) -> None:
    seen = [champions(moves)]
    while previous_champion(moves) is not None:
        left = champion_of(moves)
        moves = back(moves)
        assert champion_of(moves) != left
        assert champions(moves) == seen[-1][: len(champions(moves))], "what is left is what had been below"
        seen.append(champions(moves))
        assert len(seen[-1]) < len(seen[-2])
    assert len(set(seen[-1])) <= 1


@given(ANY)
def test_a_rollback_target_has_been_champion(moves: list[Entry]) -> None:
    assert set(champions(moves)) <= set(ever_champion(moves))
    assert previous_champion(moves) is None or previous_champion(moves) != champion_of(moves)


def test_without_entries_there_is_no_champion() -> None:
    assert (champions([]), champion_of([]), previous_champion([]), ever_champion([])) == ([], None, None, [])


def test_a_champion_before_a_rollback_can_be_restored_by_number() -> None:
    moves = [moved("promote", 1), moved("promote", 2), moved("rollback", 1), moved("rollback", 2)]
    assert (champion_of(moves), previous_champion(moves)) == (2, 1)
