"""Events of customers: orders, sessions, tickets."""

from dataclasses import dataclass

import numpy as np

from lockstep.pipeline.simulate.behaviour import Behaviour
from lockstep.pipeline.simulate.population import Population
from lockstep.pipeline.simulate.tables import (
    CATEGORIES,
    DEVICES,
    ORDERS,
    SESSIONS,
    TICKETS,
    TOPICS,
    Integers,
    Rows,
    as_rows,
)
from lockstep.pipeline.simulate.timeline import DAY, Timeline

SHIFTED_SPEND = 1.35
"""Factor on the amount of an order after the shift."""
CATEGORY_PRICES = (1.0, 1.15, 0.8, 0.9, 1.1, 1.2, 0.95, 0.85)
TOPIC_SHARES = (0.35, 0.2, 0.2, 0.15, 0.1)
UNRATED = 0.3
"""Share of the tickets without a satisfaction rating."""


@dataclass(frozen=True)
class Numbering:
    """The first keys of a chunk."""

    customer: int
    event: int


@dataclass(frozen=True)
class Occurrences:
    """One element an event, in the order of time."""

    who: Integers
    """Index of the customer within the chunk."""
    week: Integers
    """Index into the timeline's weeks."""
    second: Integers
    """Seconds from the shop's first midnight."""


def occur(rng: np.random.Generator, counts: Integers, people: Population, timeline: Timeline) -> Occurrences:
    """Return `counts` (weeks x customers) events at busy hours, none before sign-up or opening or after the end."""
    week, who = np.nonzero(counts)
    times = counts[week, who]
    week, who = np.repeat(week, times), np.repeat(who, times)
    hour = np.searchsorted(timeline.hours(), rng.random(len(who)), side="right")
    second = (timeline.weeks[0] + week) * 7 * DAY + hour * 3600 + rng.integers(0, 3600, len(who))
    kept = np.flatnonzero((second >= people.signed_up[who]) & (second >= 0) & (second < timeline.days * DAY))
    order = kept[np.lexsort((who[kept], second[kept]))]
    return Occurrences(who[order], week[order], second[order])


def orders(
    rng: np.random.Generator, people: Population, behaviour: Behaviour, timeline: Timeline, first: Numbering
) -> Rows:
    """Return the orders; amounts are in whole cents, after a discount in steps of 5 per cent."""
    happened = occur(rng, behaviour.orders, people, timeline)
    who, size = happened.who, len(happened.who)
    bargain = rng.random(size) < 0.1 + 0.5 * people.price_sensitivity[who]
    percent = np.where(bargain, rng.integers(1, 7, size) * 5, 0)
    taste = np.floor(len(CATEGORIES) * rng.beta(0.9, 1.6, size)).astype(np.int64)
    category = (people.country[who] + taste) % len(CATEGORIES)
    cents = np.exp(people.basket[who] + 0.45 * rng.standard_normal(size)) * np.array(CATEGORY_PRICES)[category]
    cents = cents * np.where(happened.second >= timeline.shift * DAY, SHIFTED_SPEND, 1.0)
    columns = {
        "order_id": first.event + np.arange(size),
        "customer_id": first.customer + who,
        "ordered_at": timeline.instants(happened.second),
        "amount": np.maximum(np.rint(cents * (100 - percent) / 100), 100) / 100,
        "discount": percent / 100,
        "category": np.array(CATEGORIES, dtype=object)[category],
    }
    return as_rows(ORDERS, columns)


def sessions(
    rng: np.random.Generator, people: Population, behaviour: Behaviour, timeline: Timeline, first: Numbering
) -> Rows:
    """Return the visits to the shop; durations are in tenths of minutes."""
    happened = occur(rng, behaviour.sessions, people, timeline)
    who, size = happened.who, len(happened.who)
    mood = behaviour.satisfaction[happened.week, who]
    minutes = np.exp(1.6 + 0.2 * mood + 0.7 * rng.standard_normal(size))
    on_phone = rng.random(size) < np.clip(0.95 - people.age[who] / 100, 0.1, 0.9)
    columns = {
        "session_id": first.event + np.arange(size),
        "customer_id": first.customer + who,
        "started_at": timeline.instants(happened.second),
        "duration_minutes": np.clip(np.rint(minutes * 10), 1, 6000) / 10,
        "pages": 1 + rng.poisson(0.6 * np.minimum(minutes, 60.0)),
        "device": np.array(DEVICES, dtype=object)[np.where(on_phone, 0, rng.integers(1, 3, size))],
    }
    return as_rows(SESSIONS, columns)


def tickets(
    rng: np.random.Generator, people: Population, behaviour: Behaviour, timeline: Timeline, first: Numbering
) -> Rows:
    """Return the support tickets, with satisfaction from 1 to 5 or missing."""
    happened = occur(rng, behaviour.tickets, people, timeline)
    size = len(happened.who)
    mood = behaviour.satisfaction[happened.week, happened.who]
    rating = np.clip(np.rint(3.4 + 0.9 * mood + 0.8 * rng.standard_normal(size)), 1, 5).astype(np.int64)
    columns = {
        "ticket_id": first.event + np.arange(size),
        "customer_id": first.customer + happened.who,
        "opened_at": timeline.instants(happened.second),
        "topic": np.array(TOPICS, dtype=object)[rng.choice(len(TOPICS), size, p=TOPIC_SHARES)],
        "satisfaction": np.ma.MaskedArray(rating, mask=rng.random(size) < UNRATED),
    }
    return as_rows(TICKETS, columns)
