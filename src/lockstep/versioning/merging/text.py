"""A dvc.lock as lines: those of each stage and those around them. DVC's formatting is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from lockstep.versioning.lockfile.lock import LOCK, read_lock
from lockstep.versioning.merging.stages import Entry, Stages

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Lines:
    """The lines of a lock: before the stages (the schema's version), the stages, after the stages."""

    head: str = ""
    stages: Stages = field(default_factory=dict)
    tail: str = ""

    @property
    def frame(self) -> tuple[str, str]:
        """The text before and after the stages."""
        return self.head, self.tail


def split(text: str) -> Lines:
    """Return the lines of a lock; an empty text, as of a file that one side does not have, has no stages.

    Raises:
        LockstepError: it is no dvc.lock.
        ValueError: it is one, but not formatted as DVC formats it, each stage on separate lines.
    """
    if not text.strip():
        return Lines()
    ended = text if text.endswith("\n") else f"{text}\n"
    executions = {one.stage: one for one in read_lock(ended, LOCK).executions}
    spans = list(_spans(ended))
    if [name for name, _, _ in spans] != list(executions) or not spans:
        raise ValueError("its stages are not formatted as DVC formats them")
    stages = {name: Entry(ended[first:last], executions[name]) for name, first, last in spans}
    return Lines(ended[: spans[0][1]], stages, ended[spans[-1][2] :])


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, start and end (exclusive, in characters) of each stage."""
    root: Any = yaml.compose(text, Loader=_LOADER)
    mapping = next((value for key, value in root.value if key.value == "stages"), None)
    if not isinstance(mapping, yaml.MappingNode) or mapping.flow_style:
        return
    # Characters, not lines: YAML also counts line breaks of other kinds, inside of texts.
    begins = [key.start_mark.index - key.start_mark.column for key, _ in mapping.value]
    end = mapping.end_mark.index - mapping.end_mark.column
    for (key, _), first, last in zip(mapping.value, begins, [*begins[1:], end], strict=True):
        yield key.value, first, last


def join(frame: tuple[str, str], stages: Iterable[str]) -> str:
    """Return the text of a lock from the lines of its stages."""
    head, tail = frame
    return "".join([head, *stages, tail])
