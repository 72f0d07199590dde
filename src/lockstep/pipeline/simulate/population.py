"""The customers: their data in the shop, and hidden traits."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.pipeline.simulate.tables import CHANNELS, COUNTRIES, CUSTOMERS, PLANS, Floats, Integers, Rows, as_rows
from lockstep.pipeline.simulate.timeline import DAY, Timeline

PLAN_SHARES = (0.45, 0.35, 0.2)
COUNTRY_SHARES = (0.34, 0.18, 0.13, 0.1, 0.08, 0.07, 0.06, 0.04)
CHANNEL_SHARES = (0.36, 0.2, 0.17, 0.14, 0.1, 0.03)
SHIFTED_CHANNEL_SHARES = (0.1, 0.05, 0.28, 0.04, 0.03, 0.5)
SHIFTED_ACQUISITION = 2.0
"""Factor on the number of new customers per day after the shift."""
USUAL_HABIT = -0.95
"""Logarithm of the orders a week of a usual customer."""


@dataclass(frozen=True)
class Population:
    """One array per trait, one element per customer; codes are indices into the lists of `tables`."""

    signed_up: Integers
    """Seconds from the first midnight; negative before the shop opened. Unsorted: the first few are a fair sample."""
    plan: Integers
    country: Integers
    channel: Integers
    age: Integers
    contentment: Floats
    """Hidden: the satisfaction to which a customer returns when nothing happens; mean about 0."""
    price_sensitivity: Floats
    """Hidden: 0 to 1."""
    eagerness: Floats
    """Hidden: how much more often than others the customer orders, as a logarithm."""
    habit: Floats
    """Hidden: logarithm of the orders a week at usual satisfaction."""
    curiosity: Floats
    """Hidden: logarithm of the sessions a week at usual satisfaction."""
    basket: Floats
    """Hidden: logarithm of the usual amount of an order, in cents."""

    def rows(self, first: int, timeline: Timeline) -> Rows:
        """Return the table of customers, keys from `first` on."""
        columns = {
            "customer_id": np.arange(first, first + len(self.age), dtype=np.int64),
            "signed_up_at": timeline.instants(self.signed_up),
            "plan": np.array(PLANS, dtype=object)[self.plan],
            "country": np.array(COUNTRIES, dtype=object)[self.country],
            "channel": np.array(CHANNELS, dtype=object)[self.channel],
            "age": self.age,
        }
        return as_rows(CUSTOMERS, columns)


def populate(rng: np.random.Generator, size: int, timeline: Timeline) -> Population:
    """Return `size` customers whose sign-ups are spread evenly over time, more densely after the shift."""
    signed_up = _sign_ups(rng, size, timeline)
    plan = rng.choice(len(PLANS), size, p=PLAN_SHARES)
    country = rng.choice(len(COUNTRIES), size, p=COUNTRY_SHARES)
    channel = _channels(rng, signed_up >= timeline.shift * DAY)
    age = np.rint(18 + 60 * rng.beta(1.7, 2.6, size)).astype(np.int64)
    sensitivity = rng.beta(2.0, 2.0, size) * np.array([1.0, 0.8, 0.5])[plan]
    eagerness = 0.75 * rng.standard_normal(size) + np.array([0.0, 0.15, 0.3])[plan] - 0.25 * ((age - 44) / 22) ** 2
    return Population(
        signed_up=signed_up,
        plan=plan,
        country=country,
        channel=channel,
        age=age,
        contentment=0.55 * rng.standard_normal(size) + np.array([0.0, 0.25, 0.0, 0.1, 0.0, -0.3])[channel],
        price_sensitivity=sensitivity,
        eagerness=eagerness,
        habit=USUAL_HABIT + eagerness,
        curiosity=-0.1 + 0.4 * eagerness + 0.35 * rng.standard_normal(size) - 0.01 * (age - 40),
        basket=8.2 + 0.45 * rng.standard_normal(size) + np.array([0.0, 0.1, 0.3])[plan] - 0.3 * sensitivity,
    )


def _sign_ups(rng: np.random.Generator, size: int, timeline: Timeline) -> Integers:
    """Return one sign-up per customer, spread evenly over time, more densely after the shift."""
    calm = timeline.lead + min(timeline.shift, timeline.days)
    busy = max(timeline.days - timeline.shift, 0)
    place = rng.random(size) * (calm + SHIFTED_ACQUISITION * busy)
    day = np.where(place < calm, place, calm + (place - calm) / SHIFTED_ACQUISITION) - timeline.lead
    seconds: Integers = np.floor(day * DAY).astype(np.int64)
    return seconds


def _channels(rng: np.random.Generator, shifted: npt.NDArray[np.bool_]) -> Integers:
    share = rng.random(len(shifted))
    before, after = (
        np.searchsorted(np.cumsum(shares)[:-1], share, side="right")
        for shares in (CHANNEL_SHARES, SHIFTED_CHANNEL_SHARES)
    )
    return np.where(shifted, after, before)
