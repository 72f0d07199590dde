"""Measure drift of the newest data from the champion's training data: `python -m flows.monitoring`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.operate.monitoring import history
from lockstep.operate.monitoring.lasting_drift import decide
from lockstep.operate.monitoring.measure import Champion, measure
from lockstep.operate.monitoring.window import Window
from lockstep.orchestrate.drift_event import emit_drift
from lockstep.orchestrate.running.cancelling import ended
from lockstep.orchestrate.running.execution import run_stages
from lockstep.orchestrate.worktree_run import (
    checkout_of_head,
    move_as_of,
    parse_as_of,
    require_complete,
    set_aside_champion,
)
from lockstep.params.document import load_all
from lockstep.params.monitor import MonitorSpec
from lockstep.params.pipeline.drift import DriftSpec

SHOWN = 30  # windows in the artifact


@flow(name="monitoring", description=__doc__)
def monitoring(as_of: str | None = None, wait: float = 600.0) -> State[Any]:
    """Measure one window, append it to the history, and emit an event if drift is persistent.

    Args:
        as_of: the source is read up to this instant; default: the end of the newest data.
        wait: seconds to wait for another monitoring to finish.
    """
    root = Path.cwd()
    try:
        asked = parse_as_of(as_of)
        with checkout_of_head(root, "monitoring", wait) as tree:
            params = load_all(Workspace(tree).params)
            return _judge(root, _measure(root, tree, asked, params.drift), params.monitor)
    except LockstepError as error:
        return ended(error)


def _measure(root: Path, tree: Path, as_of: datetime | None, spec: DriftSpec) -> Window:
    kept = set_aside_champion(root, tree, ["data/models/model", "data/features"])
    move_as_of(tree, as_of)
    require_complete(run_stages(tree, ["features"]))
    return measure(Champion(kept.features, kept.model), Workspace(tree).features, spec, datetime.now(UTC))


def _judge(root: Path, window: Window, spec: MonitorSpec) -> State[Any]:
    """Judge the window with the earlier ones, and record it. Only one run at a time gets here."""
    path = root / ".lockstep" / "monitoring" / "history.jsonl"
    known = history.read(path)
    for note in known.notes:
        get_run_logger().warning(note)
    if known.holds(window):
        return Completed(name="Known", message=f"{window.name} was measured before: drift {window.drift}")
    windows = (*known.windows, window)
    alarm = decide(windows, window.model, spec)
    if alarm.raised:
        emit_drift(max((one for one in windows if one.model == window.model), key=lambda one: one.moment), alarm)
    history.append(path, window)  # after the event: a crash in between raises it once more rather than never
    create_table_artifact([_row(one) for one in windows[-SHOWN:]], key="windows", description="; ".join(alarm.reasons))
    return Completed(message=f"{window.name}: drift {window.drift}; alarm {'raised' if alarm.raised else 'not raised'}")


def _row(window: Window) -> dict[str, Any]:
    psi = "" if window.score_psi is None else f"{window.score_psi:.4f}"
    return {
        "as of": window.name,
        "champion": window.model[:12],
        "rows": window.rows,
        "drift": window.drift,
        "features": ", ".join(window.drifted),
        "score PSI": psi,
    }


if __name__ == "__main__":
    from lockstep.orchestrate.command import main

    main(monitoring)
