"""Progress artifacts of a stage, from the lines that it prints."""

import logging
import re
import time
from collections.abc import Callable
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

PAUSE = 1.0  # seconds between two calls to the server

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]

PROGRESS = re.compile(r"^\s*(?P<what>.*\S): (?P<done>[0-9][0-9,]{0,20}) of (?P<total>[0-9][0-9,]{0,20})\s*$")
"""A progress line of `lockstep.core.progress`: `tune · 20 trials of xgboost: 12 of 20`."""


class ProgressArtifacts:
    """Reads a stage's lines and updates one progress artifact per step.

    If the server does not answer, only the artifacts are lost, not the stage.
    """

    def __init__(self, stage: str, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage = stage
        self._log = log
        self._artifacts: dict[str, UUID] = {}
        self._works = True
        self._clock = clock
        self._shown = -PAUSE

    def done(self) -> None:
        """Set every step to 100%: the last line of a step may have come before its end."""
        for what in self._artifacts:
            self._show(what, 100.0)

    def add(self, line: str) -> None:
        """Update the artifact if this is a progress line."""
        found = PROGRESS.match(line)
        if not found or self._clock() - self._shown < PAUSE:
            return
        self._shown = self._clock()
        total = int(found["total"].replace(",", ""))
        percent = 100.0 * int(found["done"].replace(",", "")) / total if total else 100.0
        self._show(found["what"], min(percent, 100.0))

    def _show(self, what: str, percent: float) -> None:
        try:
            if self._works:
                self._publish(what, percent)
        except httpx.HTTPError as error:
            self._works = False
            self._log.warning("progress is not shown any more: %s", error)

    def _publish(self, what: str, percent: float) -> None:
        if what in self._artifacts:
            update_progress_artifact(self._artifacts[what], progress=percent)
        else:
            key = "progress-" + re.sub(r"[^a-z0-9]+", "-", self._stage.lower()).strip("-")
            made = create_progress_artifact(progress=percent, key=key, description=what)
            assert isinstance(made, UUID)  # not a coroutine, as this is no async code
            self._artifacts[what] = made
