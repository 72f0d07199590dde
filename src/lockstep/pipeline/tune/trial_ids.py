"""Which trial of a study is which: a trial that was broken off is made again under its own number.

Optuna counts every attempt. Here a trial keeps the number that it would have in a run without interruption, so that
its draws, and the order of the trials, are those of such a run.
"""

from collections.abc import Callable, Iterable, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

NUMBER = "number"
"""User attribute of a trial that is made again: the number of the one that was broken off."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def numbers(trials: Iterable[FrozenTrial]) -> dict[int, int]:
    """Return for Optuna's number of each trial its own: the count of those before it that were not made again."""
    found: dict[int, int] = {}
    again = 0
    for trial in sorted(trials, key=lambda one: one.number):
        if NUMBER in trial.user_attrs:
            found[trial.number] = int(trial.user_attrs[NUMBER])
            again += 1
        else:
            found[trial.number] = trial.number - again
    return found


def finished(trials: Sequence[FrozenTrial]) -> dict[int, FrozenTrial]:
    """Return the finished trials by their own number, in its order; of two attempts that both finished, the first."""
    own = numbers(trials)
    found: dict[int, FrozenTrial] = {}
    for trial in sorted(trials, key=lambda one: (own[one.number], one.number)):
        if trial.state in FINISHED:
            found.setdefault(own[trial.number], trial)
    return found


def broken(trials: Sequence[FrozenTrial]) -> list[int]:
    """Return the numbers of the trials of which every attempt failed."""
    own = numbers(trials)
    alive = {own[trial.number] for trial in trials if trial.state != TrialState.FAIL}
    return sorted({own[trial.number] for trial in trials if trial.state == TrialState.FAIL} - alive)


def make_again(study: optuna.Study, number: int) -> None:
    """Queue another attempt of a trial; what it drew is drawn again, from the same seed."""
    study.add_trial(optuna.trial.create_trial(state=TrialState.WAITING, user_attrs={NUMBER: number}))


def give_up(study: optuna.Study, trials: Sequence[FrozenTrial], dead: Callable[[FrozenTrial], bool]) -> None:
    """Mark the running trials whose worker is dead as failed, and queue what is broken."""
    for trial in trials:
        if trial.state == TrialState.RUNNING and dead(trial):
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    for number in broken(study.get_trials(deepcopy=False)):
        make_again(study, number)
