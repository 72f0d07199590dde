"""Sections `Params` and `Stages`."""

from lockstep.core.progress import duration
from lockstep.workbench.review.outline.blocks import (
    NOTHING,
    Line,
    Section,
    Text,
    Tone,
    code,
    codes,
    counted,
    line,
    table,
)
from lockstep.workbench.review.params import Change
from lockstep.workbench.review.review import Review
from lockstep.workbench.review.stages import Stage

REASONS = 3
TONES: dict[str, Tone] = {"to run": "bad", "removed": "warning", "not judged": "warning", "unchanged": "muted"}


def params(review: Review) -> Section:
    """Return the changed keys."""
    if not review.params:
        return Section("Params", (line("No change in params.yaml."),))
    rows = [(code(one.key), _value(one.old), _value(one.new), one.kind, _meaning(one)) for one in review.params]
    return Section("Params", tables=(table(("key", "old", "new", "kind", "meaning"), rows),))


def _value(value: str | None) -> Text:
    return Text(NOTHING, "muted") if value is None else code(value)


def _meaning(change: Change) -> Line:
    warning = (
        [Text(f"{change.warning[0].upper()}{change.warning[1:]}. ", "warning", strong=True)] if change.warning else []
    )
    return line(*warning, change.meaning or ("" if warning else NOTHING))


def stages(review: Review) -> Section:
    """Return the stages that were rerun, or must still run."""
    moved = [one for one in review.stages if one.standing != "unchanged"]
    kept = len(review.stages) - len(moved)
    if not moved:
        return Section("Stages", (line(f"No change in {counted(kept, 'stage')}."),))
    rows = [(code(one.name), Text(one.standing, TONES.get(one.standing, "plain")), *_why(one)) for one in moved]
    lines = (line(f"Unchanged: {kept} of {counted(len(review.stages), 'stage')}."),) if kept else ()
    return Section("Stages", lines, (table(("stage", "status", "cause", "#last duration here"), rows),))


def _why(stage: Stage) -> tuple[Line, str]:
    return codes(stage.because, REASONS), NOTHING if stage.seconds is None else duration(stage.seconds)
