"""Whether drift lasts over several windows: a single one may be chance, or a holiday."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.operate.monitoring.window import Window
from lockstep.params.monitor import MonitorSpec


@dataclass(frozen=True)
class Alarm:
    """Whether somebody should act, and why or why not."""

    raised: bool
    reasons: tuple[str, ...]


def decide(windows: Iterable[Window], model: str, spec: MonitorSpec) -> Alarm:
    """Raise the alarm if enough of the champion's last windows drifted, the newest among them.

    The newest is the one of the newest data, whenever it was measured. A window that could not be
    judged takes its place among the last ones and did not drift. With fewer windows than
    `spec.windows` the bound stays what it is.

    Args:
        windows: in any order, those of other champions too: these say nothing of this one.
        model: the champion, as `Window.model` names it.
        spec: how many of how many.
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
