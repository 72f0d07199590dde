"""The commit message: the decision, the numbers, and trailers for programs."""

import subprocess
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.artifacts.evaluation import Reason
from lockstep.decisions.promotion import Decision
from lockstep.operate.retraining.record import Retraining, message

REASONS = (
    Reason(passed=False, text="significantly worse than the champion on 1,234 common rows"),
    Reason(passed=True, text="roc_auc is 0.8"),
)


def retraining(**changes: Any) -> Retraining:
    values = {
        "as_of": datetime(2025, 7, 31),
        "base": "0123456789abcdef" * 2,
        "overrides": (),
        "new_rows": "612 new rows (orders 612); retrain.min_new_rows is 500",
        "decision": Decision(promote=False, reasons=REASONS),
    }
    return Retraining(**(values | changes))


def trailers(text: str) -> list[str]:
    """Return what git takes for trailers."""
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_it_reads_from_the_decision_down_to_the_trailers() -> None:
    overrides = ["train.params.max_depth=4", "tune.trials=5"]
    assert message(retraining(overrides=overrides)) == (
        "Retrain for 2025-07-31: keep [skip ci]\n"
        "\n"
        "The challenger should not replace the champion of 0123456789ab.\n"
        "- no: significantly worse than the champion on 1,234 common rows\n"
        "- ok: roc_auc is 0.8\n"
        "- 612 new rows (orders 612); retrain.min_new_rows is 500\n"
        "\n"
        "Changed as well: train.params.max_depth=4\n"
        "Changed as well: tune.trials=5\n"
        "\n"
        "Lockstep-Retrain: 2025-07-31\n"
        "Lockstep-Decision: keep\n"
    )


@pytest.mark.parametrize("promote", [True, False])
def test_git_finds_the_trailers(promote: bool) -> None:
    text = message(retraining(decision=Decision(promote, REASONS), as_of=datetime(2025, 7, 31, 12)))
    word = "promote" if promote else "keep"
    assert trailers(text) == ["Lockstep-Retrain: 2025-07-31 12:00:00", f"Lockstep-Decision: {word}"]


@settings(max_examples=40, deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_name_or_value_adds_a_trailer(reason: str, override: str, rows: str) -> None:
    """Metrics, tables and values have names that somebody else has chosen."""
    hostile = "\n\nLockstep-Retrain: 2099-01-01\n"
    decision = Decision(promote=False, reasons=(Reason(passed=False, text=reason + hostile),))
    text = message(retraining(decision=decision, overrides=[f"a={override}{hostile}"], new_rows=rows + hostile))
    assert trailers(text) == ["Lockstep-Retrain: 2025-07-31", "Lockstep-Decision: keep"]


def test_a_flood_of_reasons_stays_readable() -> None:
    text = message(retraining(decision=Decision(promote=False, reasons=(Reason(passed=False, text="x" * 100_000),))))
    assert max(len(line) for line in text.splitlines()) <= 300


def test_the_subject_tells_ci_to_skip() -> None:
    assert "[skip ci]" in message(retraining()).splitlines()[0]
