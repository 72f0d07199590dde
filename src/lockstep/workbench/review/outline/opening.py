"""Section `Verdict`: what to read first."""

from collections.abc import Iterator

from lockstep.artifacts.evaluation import Reason
from lockstep.core.progress import duration
from lockstep.decisions.paired.result import Comparison
from lockstep.workbench.review.kinds import Alarm
from lockstep.workbench.review.outline.blocks import (
    Line,
    Section,
    Text,
    Tone,
    code,
    codes,
    counted,
    interval,
    level_name,
    line,
    signed,
)
from lockstep.workbench.review.review import Review
from lockstep.workbench.review.stages import DVCS
from lockstep.workbench.review.verdict import Verdict

TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "not comparable": "warning", "unknown": "warning"}
SHOWN = 6
ALARMS: dict[Alarm, str] = {
    "comparability": "Changes the comparison",
    "leakage": "Possible leakage",
    "rule": "Changes the rules that judge it",
}


def opening(review: Review) -> Section:
    """Return the verdict."""
    return Section("Verdict", tuple(_lines(review)))


def _lines(review: Review) -> Iterator[Line]:
    yield from _stale(review)
    yield line(*_standing(review.verdict), *_gates(review.verdict))
    broken = review.verdict.broken
    for rule in broken[:SHOWN]:
        yield line(Text("Gate: ", "bad"), rule)
    if len(broken) > SHOWN:
        yield line(Text("Gate: ", "bad"), f"{len(broken) - SHOWN:,} more failed rules")
    yield from _promotion(review.verdict.promotion)
    for what in review.verdict.withheld:
        yield line(Text("Missing: ", "bad", strong=True), Text(what, code=True), ", which the base has")
    yield from _worse(review.results.comparison)
    yield from _unjudged(review)
    yield from _warnings(review)
    for one in review.left_out:
        yield line(Text("Missing: ", "warning"), Text(one, code=True))


def _promotion(rule: Reason | None) -> Iterator[Line]:
    if rule is not None:
        answer = (
            Text("no", "bad") if rule.broken else Text("yes", "good") if rule.judged else Text("not judged", "muted")
        )
        yield line("May replace the old model as champion: ", answer, f": {rule.text}.")


def _stale(review: Review) -> Iterator[Line]:
    due = [one for one in review.stages if one.standing == "to run"]
    if not due:
        return
    known = [one.seconds for one in due if one.seconds is not None]
    time = f" (about {duration(sum(known))} at the last run here)" if len(known) == len(due) else ""
    yield line(
        Text("dvc.lock is stale: ", "bad", strong=True),
        *codes([one.name for one in due], SHOWN),
        f" would run{time}. Run ",
        code("dvc repro"),
        " and commit ",
        code("dvc.lock"),
        ". The results below are those in the lock, not those of the change.",
    )


def _worse(found: Comparison | None) -> Iterator[Line]:
    """Name the segments that are significantly worse though the model is not, the worst first."""
    if found is None or found.verdict == "worse":
        return
    lost = [
        (segment.column, level)
        for segment in found.segments
        for level in segment.levels
        if level.gain.high is not None and level.gain.high < 0
    ]
    lost.sort(key=lambda one: one[1].gain.value or 0.0)
    for column, level in lost[:SHOWN]:
        yield line(
            Text("Significantly worse segment: ", "bad", strong=True),
            code(column),
            " ",
            code(level_name(level.level)),
            f", {level.rows:,} rows: {signed(level.gain.value)} ({interval(level.gain)})",
        )
    if len(lost) > SHOWN:
        yield line(Text("Significantly worse: ", "bad", strong=True), counted(len(lost) - SHOWN, "more segment"))


def _unjudged(review: Review) -> Iterator[Line]:
    """Name the stages whose freshness is unknown here; unknown is not a pass."""
    names = [one.name for one in review.stages if one.standing == "not judged"]
    if names:
        yield line(
            Text("Freshness unknown: ", "warning", strong=True),
            *codes(names, SHOWN),
            f": {DVCS}.",
        )


def _standing(verdict: Verdict) -> Iterator[Text]:
    tone = "warning" if verdict.within_noise else TONES.get(verdict.standing, "plain")
    yield Text(verdict.standing.capitalize(), tone, strong=True)
    yield Text(f": {verdict.why}. ")


def _gates(verdict: Verdict) -> Iterator[Text]:
    tones: dict[str, Tone] = {"passed": "good", "failed": "bad", "unknown": "warning"}
    yield Text(f"Gates {verdict.gates}.", tones[verdict.gates], strong=True)


def _warnings(review: Review) -> Iterator[Line]:
    for alarm, words in ALARMS.items():
        keys = [one.key for one in review.params if one.alarm == alarm]
        if keys:
            yield line(Text(f"{words}: ", "warning", strong=True), *codes(keys, SHOWN))
