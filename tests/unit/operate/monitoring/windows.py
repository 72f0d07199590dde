"""Windows made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lockstep.operate.monitoring.window import Window

START = datetime(2025, 1, 1)


def window(day: int, drift: str = "no", model: str = "champion", **changes: Any) -> Window:
    """Return the window of one day's snapshot, measured an hour after it."""
    as_of = START + timedelta(days=day)
    values = {
        "as_of": as_of,
        "rows": 100,
        "drift": drift,
        "drifted": ("spend",) if drift == "yes" else (),
        "score_psi": 0.25,
        "reasons": (f"reason of day {day}",),
        "measured_at": as_of.replace(tzinfo=UTC) + timedelta(hours=1),
        "model": model,
        "snapshot": f"snapshot {day}",
    }
    return Window(**(values | changes))
