"""The lineage of one thing: how it was made, what used it, and the registered model versions among these."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lockstep.versioning.cache import Unknown
from lockstep.versioning.lockfile.lock import Pin
from lockstep.versioning.model_versions import ModelRecord, Versions
from lockstep.versioning.project import Project
from lockstep.workbench.lineage.resolve import resolve
from lockstep.workbench.lineage.tables import Tables, tables
from lockstep.workbench.lineage.target import MODEL, Target
from lockstep.workbench.lineage.walk import Way, back, forth


@dataclass(frozen=True)
class Lineage:
    """The target, how it was made, what used it, and the registered model versions among these."""

    asked: str
    target: Target
    made: tuple[Way, ...]
    used: tuple[Way, ...]
    registered: Sequence[ModelRecord]
    project: Project
    _tables: dict[Pin, Tables | Unknown | None] = field(default_factory=dict)

    def tables(self, pin: Pin) -> Tables | Unknown | None:
        """Return rows and spans of a pinned directory; None for what has no manifest."""
        if pin not in self._tables:  # many ways share the same data
            self._tables[pin] = tables(self.project.cache, pin)
        return self._tables[pin]


def lineage(project: Project, text: str, versions: Versions) -> Lineage:
    """Return the lineage of what a text names.

    Raises:
        LockstepError: it names nothing, or several things; or a lock on the way cannot be read.
    """
    target = resolve(project, text, versions)
    made, used = back(target.sources), forth(target.sources)
    return Lineage(text, target, made, used, _registered(target, (*made, *used), versions), project)


def _registered(target: Target, ways: Sequence[Way], versions: Versions) -> Sequence[ModelRecord]:
    """Return the versions whose model is on a way, without the target itself."""
    pins = [pin for way in ways for pin in (*way.pins, *way.made)]
    models = dict.fromkeys(pin.md5 for pin in pins if pin.path == MODEL)
    found = versions.holding(list(models)) if models else ()
    return [record for record in found if record.label != target.label]
