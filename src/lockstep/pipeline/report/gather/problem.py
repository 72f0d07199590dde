"""The prediction problem, in one sentence."""

from datetime import datetime, timedelta

from lockstep.core.source_url import unexpanded
from lockstep.core.spec import format_duration
from lockstep.params.pipeline.problem import ColumnLabel, ProblemSpec
from lockstep.pipeline.report.facts import Problem

MEASURES = {
    "absent": "no row in {event}",
    "present": "at least one row in {event}",
    "count": "the number of rows in {event}",
    "sum": "the sum of {column} over the rows in {event}",
}


def gather(problem: ProblemSpec, url: str, as_of: datetime | None, seed: int) -> Problem:
    """Return the problem; a literal password in the URL is masked."""
    return Problem(
        name=problem.name,
        task=problem.task,
        sentence=_sentence(problem),
        source=unexpanded(url),
        as_of=instant(as_of) if as_of else None,
        seed=seed,
    )


def instant(time: datetime) -> str:
    """Return a time; midnight as a date."""
    return time.date().isoformat() if (time.hour, time.minute, time.second) == (0, 0, 0) else time.isoformat(" ")


def _sentence(problem: ProblemSpec) -> str:
    label = problem.label
    if isinstance(label, ColumnLabel):
        value = f" is {label.positive!r}" if label.positive is not None else ""
        return f"Predicts for each {problem.entity}: column {label.column}{value}."
    what = MEASURES[label.measure].format(event=label.event, column=label.column)
    return (
        f"Predicts for each {problem.entity}{_eligible(problem)}: "
        f"{what} in the {_length(label.horizon)} from the cutoff."
    )


def _eligible(problem: ProblemSpec) -> str:
    if problem.eligible is None:
        return ""
    within = f" in the {_length(problem.eligible.within)}" if problem.eligible.within else ""
    return f" with a row in {problem.eligible.event}{within} before the cutoff"


def _length(length: timedelta) -> str:
    text = format_duration(length)
    count, unit = int(text[:-1]), {"d": "day", "h": "hour", "m": "minute"}[text[-1]]
    return f"{count} {unit}{'s' * (count != 1)}"
