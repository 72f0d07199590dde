"""Behaviour of customers: satisfaction, support, buying, leaving; week by week, all customers at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lockstep.pipeline.simulate.population import Population
from lockstep.pipeline.simulate.tables import Floats, Integers
from lockstep.pipeline.simulate.timeline import DAY, Timeline

PULL = 0.06
"""Reversion of satisfaction to its mean, as a share of the distance per week."""
SHOCK = 0.22
"""Standard deviation of the random weekly change of satisfaction."""
PRICE_RISE = 2.2
"""Loss of satisfaction by the yearly price rise, for the most sensitive customer."""
BAD_SUPPORT = 0.9
"""Loss of satisfaction by a ticket that ends badly."""
MOST_LEAVING = 0.4
"""Greatest chance of leaving in one week."""
FADE = 0.55
"""Share of the interest that a customer who has left keeps per week."""
REST = 4
"""Weeks after an order with the order rate `Drivers.soon`."""


@dataclass(frozen=True)
class Drivers:
    """Parameters of leaving, browsing and buying; triples are by plan."""

    leaving: float
    """Logarithm of the odds of leaving in a week, at usual satisfaction."""
    satisfaction: float
    """Decrease of `leaving` per unit of satisfaction."""
    plan: tuple[float, float, float]
    """Increase of `leaving` by plan."""
    habit: float
    """Increase of `leaving` per unit of `eagerness`."""
    browsing: tuple[float, float, float]
    """Increase of the logarithm of the session rate per unit of satisfaction."""
    soon: tuple[float, float, float]
    """Factor on the order rate within `REST` weeks of an order: below 1, they stock up."""
    later: tuple[float, float, float]
    """Factor on the order rate when the last order is longer ago."""


BEFORE = Drivers(
    leaving=-4.45,
    satisfaction=2.0,
    plan=(0.2, 0.0, -0.5),
    habit=-0.2,
    browsing=(0.9, 0.5, -0.5),
    soon=(1.5, 0.5, 0.15),
    later=(0.5, 1.5, 2.2),
)
AFTER = Drivers(
    leaving=-4.2,
    satisfaction=0.6,
    plan=(-0.3, 0.0, 0.8),
    habit=0.6,
    browsing=(-0.5, -0.3, 0.5),
    soon=(0.15, 0.5, 1.5),
    later=(2.2, 1.5, 0.5),
)


@dataclass(frozen=True)
class Behaviour:
    """Arrays of weeks x customers: satisfaction, and expected numbers of events."""

    satisfaction: Floats
    orders: Integers
    sessions: Integers
    tickets: Integers


@dataclass(frozen=True)
class _State:
    """The state of all customers at the end of a week."""

    satisfaction: Floats
    interest: Floats
    """0 before sign-up, 1 while a customer, then fading."""
    left: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]
    """A ticket ended badly this week."""
    since: Integers
    """Weeks since the last order, or many."""


def behave(rng: np.random.Generator, people: Population, timeline: Timeline) -> Behaviour:
    """Return satisfaction and expected events in each week of the timeline."""
    course = zip(*_course(rng, people, timeline), strict=True)
    return Behaviour(*(np.stack(weeks) for weeks in course))


def _course(
    rng: np.random.Generator, people: Population, timeline: Timeline
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]]:
    size = len(people.age)
    joined = people.signed_up // (7 * DAY)
    no = np.zeros(size, dtype=bool)
    state = _State(people.contentment, np.zeros(size), no, no, np.full(size, REST))
    for week, season in zip(timeline.weeks, timeline.season(), strict=True):
        drivers = AFTER if week * 7 >= timeline.turn else BEFORE
        tenure = week - joined
        satisfaction = _next_satisfaction(rng, people, state, tenure)
        interest = np.where(tenure < 0, 0.0, np.where(state.left, FADE * state.interest, 1.0))
        orders = rng.poisson(season * interest * _expected_orders(drivers, people, state, satisfaction))
        sessions = rng.poisson(season * interest * _expected_sessions(drivers, people, satisfaction))
        tickets = rng.poisson(interest * 0.035 * np.exp(-0.5 * satisfaction))
        state = _State(
            satisfaction=satisfaction,
            interest=interest,
            left=state.left | ((tenure >= 0) & (rng.random(size) < _chance_of_leaving(drivers, people, satisfaction))),
            bad=(tickets > 0) & (rng.random(size) < 1 / (1 + np.exp(0.6 + 0.8 * satisfaction))),
            since=np.where(orders > 0, 0, state.since + 1),
        )
        yield satisfaction, orders, sessions, tickets


def _next_satisfaction(rng: np.random.Generator, people: Population, state: _State, tenure: Integers) -> Floats:
    """Return this week's satisfaction: it reverts to its mean, and changes with chance, price and support."""
    drift = PULL * (people.contentment - state.satisfaction) + SHOCK * rng.standard_normal(len(tenure))
    anniversary = (tenure > 0) & (tenure % 52 == 0)
    blows = PRICE_RISE * people.price_sensitivity * anniversary + BAD_SUPPORT * state.bad
    return np.asarray(state.satisfaction + drift - blows)


def _expected_orders(drivers: Drivers, people: Population, state: _State, satisfaction: Floats) -> Floats:
    """Return the orders expected in the week."""
    rhythm = np.where(state.since < REST, np.array(drivers.soon)[people.plan], np.array(drivers.later)[people.plan])
    return np.asarray(rhythm * np.exp(people.habit + 0.45 * satisfaction))


def _expected_sessions(drivers: Drivers, people: Population, satisfaction: Floats) -> Floats:
    """Return the sessions expected in the week: some visit more often when they are unhappy."""
    return np.exp(people.curiosity + np.array(drivers.browsing)[people.plan] * satisfaction)


def _chance_of_leaving(drivers: Drivers, people: Population, satisfaction: Floats) -> Floats:
    """Return the chance of leaving for good this week: it rises steeply below mean satisfaction, up to a limit."""
    odds = drivers.leaving + np.array(drivers.plan)[people.plan] + drivers.habit * people.eagerness
    return np.asarray(MOST_LEAVING / (1 + MOST_LEAVING * np.exp(drivers.satisfaction * satisfaction - odds)))
