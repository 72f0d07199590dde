"""The shop, in chunks of customers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate import events
from lockstep.pipeline.simulate.behaviour import behave
from lockstep.pipeline.simulate.dirt import spoil
from lockstep.pipeline.simulate.population import populate
from lockstep.pipeline.simulate.tables import CUSTOMERS, ORDERS, SESSIONS, TABLES, TICKETS, Rows
from lockstep.pipeline.simulate.timeline import Timeline

CUSTOMERS_PER_CHUNK = 1000
"""Part of the definition of the shop, not a setting: another value gives another shop."""
EVENTS_PER_CHUNK = 10_000_000
"""Number of keys reserved for each chunk in an event table, so that chunks are independent."""
SPARE_CUSTOMERS = 1_000_000_000
"""First of the keys of dirty customer rows."""


@dataclass(frozen=True)
class Chunk:
    """All rows of some customers, by table, and the number of dirty ones by kind."""

    customers: int
    rows: dict[str, Rows]
    dirt: dict[str, dict[str, int]]


def simulate(spec: SimulateSpec, seed: int) -> Iterator[Chunk]:
    """Yield the shop, `CUSTOMERS_PER_CHUNK` customers at a time, dirt included.

    Every chunk draws from seeds of its own, so that memory does not grow with the shop, and a larger
    shop has the customers of a smaller one, each with the same history.
    """
    for index in range(-(-spec.customers // CUSTOMERS_PER_CHUNK)):
        yield _spoilt(clean_chunk(spec, seed, index), _rng(seed, index, 1), index)


def clean_chunk(spec: SimulateSpec, seed: int, index: int) -> dict[str, Rows]:
    """Return the rows of the chunk's customers before any dirt, in the order of keys."""
    rng, timeline = _rng(seed, index, 0), Timeline.of(spec)
    people = populate(rng, CUSTOMERS_PER_CHUNK, timeline)
    behaviour = behave(rng, people, timeline)
    first = events.Numbering(index * CUSTOMERS_PER_CHUNK + 1, index * EVENTS_PER_CHUNK + 1)
    rows = {
        CUSTOMERS.name: people.rows(first.customer, timeline),
        ORDERS.name: events.orders(rng, people, behaviour, timeline, first),
        SESSIONS.name: events.sessions(rng, people, behaviour, timeline, first),
        TICKETS.name: events.tickets(rng, people, behaviour, timeline, first),
    }
    return {name: _of_first(spec.customers, table) for name, table in rows.items()}


def _spoilt(clean: dict[str, Rows], rng: np.random.Generator, index: int) -> Chunk:
    rows, dirt = {}, {}
    for table in TABLES:
        spare = index * EVENTS_PER_CHUNK + EVENTS_PER_CHUNK // 2
        if table is CUSTOMERS:
            spare = SPARE_CUSTOMERS + index * CUSTOMERS_PER_CHUNK
        rows[table.name], dirt[table.name] = spoil(rng, table, clean[table.name], spare)
    return Chunk(len(clean[CUSTOMERS.name]["customer_id"]), rows, dirt)


def _of_first(customers: int, rows: Rows) -> Rows:
    """Return the rows of the requested customers: the last chunk is simulated whole, then cut."""
    known = rows["customer_id"].data <= customers
    return {name: column[known] for name, column in rows.items()}


def _rng(seed: int, index: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index, purpose)))
