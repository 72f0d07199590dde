"""Time in the shop: weeks, seasons, and the two turning points."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.tables import Floats, Integers

SHIFT_MONTH = 18
"""From this month on, new customers come through other channels and all orders are larger (covariate drift)."""
TURN_MONTH = 20
"""From this month on, leaving, browsing and buying depend on other traits (concept drift)."""
LEAD_MONTHS = 24
"""How long before the opening the oldest customers signed up: the shop opens in a steady state."""
DAY = 86_400  # seconds

CHRISTMAS = 344  # day of the year around which presents are bought
WEEKDAYS = (0.95, 0.9, 0.9, 0.95, 1.0, 1.2, 1.1)  # how busy, Monday first
HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 8, 7, 7, 7, 8, 9, 11, 13, 14, 12, 7, 3)  # how busy, midnight first


@dataclass(frozen=True)
class Timeline:
    """The shop's time; days are counted from its opening."""

    start: np.datetime64
    """The day of the opening."""
    lead: int
    """Days from the first possible sign-up to the opening."""
    days: int
    """Days from the opening to the end."""
    shift: int
    """First day of `SHIFT_MONTH`."""
    turn: int
    """First day of `TURN_MONTH`."""

    @classmethod
    def of(cls, spec: SimulateSpec) -> "Timeline":
        """Return the timeline of a shop; months are those of the calendar."""
        start = np.datetime64(spec.start, "D")

        def day(months: int) -> int:
            month = start.astype("M8[M]")
            return int((month + months).astype("M8[D]").astype(int) - month.astype("M8[D]").astype(int))

        return cls(start, lead=-day(-LEAD_MONTHS), days=day(spec.months), shift=day(SHIFT_MONTH), turn=day(TURN_MONTH))

    @property
    def weeks(self) -> range:
        """Weeks from the first sign-up to the end; week 0 begins at the opening."""
        return range(-self.lead // 7, (self.days + 6) // 7)

    def season(self) -> Floats:
        """Return the activity of each week, 1 on average: a quiet summer, a busy December."""
        middle = self.start + np.arange(self.weeks.start, self.weeks.stop) * 7 + 3
        day = (middle - middle.astype("M8[Y]").astype("M8[D]")).astype(np.float64)
        winter = 0.03 * np.cos(2 * np.pi * (day - 15) / 365.25)
        return np.asarray(1 + winter + 0.25 * np.exp(-(((day - CHRISTMAS) / 11) ** 2)))

    def hours(self) -> Floats:
        """Return the cumulative shares of the 168 hours of a week that begins on the weekday of the opening."""
        first = int(self.start.astype("M8[D]").astype(int) + 3) % 7  # day 0 of the epoch was a Thursday
        shares = np.cumsum(np.outer(np.roll(WEEKDAYS, -first), HOURS))
        return np.asarray(shares / shares[-1])

    def instants(self, seconds: Integers) -> npt.NDArray[np.datetime64]:
        """Return the instants so many seconds after the opening."""
        return np.asarray(self.start.astype("M8[s]") + seconds.astype("m8[s]"))
