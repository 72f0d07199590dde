"""Persistent drift, over several windows: a single window may drift by chance or because of a holiday."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.operate.monitoring.window import Window
from lockstep.params.monitor import MonitorSpec


@dataclass(frozen=True)
class Alarm:
    """Whether the alarm is raised, and why or why not."""

    raised: bool
    reasons: tuple[str, ...]


def decide(windows: Iterable[Window], model: str, spec: MonitorSpec) -> Alarm:
    """Raise the alarm if enough of the champion's last windows drifted, including the newest.

    Windows are ordered by their data, not by when they were measured. A window that could not be judged counts as one
    without drift. The required number of windows is the same if there are fewer than `spec.windows`.

    Args:
        windows: in any order; those of other champions are ignored.
        model: the champion, as `Window.model` names it.
        spec: how many of the last windows must have drifted.
    """
    own = sorted((window for window in windows if window.model == model), key=lambda w: (w.moment, w.measured_at))
    last = own[-spec.windows :]
    if not last:
        return Alarm(False, ("no window of this champion has been measured",))
    newest, drifted = last[-1], [window for window in last if window.drift == "yes"]
    count = f"{len(drifted)} of the last {len(last)} window{'s' * (len(last) != 1)} drifted{_named(drifted)}"
    bound = f"monitor.drifted is {spec.drifted} of {spec.windows}"
    if newest.drift != "yes":
        said = "did not drift" if newest.drift == "no" else "could not be judged"
        return Alarm(False, (f"the newest window, {newest.name}, {said}", f"{count}; {bound}", *newest.reasons))
    return Alarm(len(drifted) >= spec.drifted, (f"{count}; {bound}", *newest.reasons))


def _named(windows: list[Window]) -> str:
    return f" ({', '.join(window.name for window in windows)})" if windows else ""
