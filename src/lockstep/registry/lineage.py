"""Model versions and runs from the registry, for lineage."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from lockstep.core.workspace import Workspace
from lockstep.params.document import load_all
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import TrackingDownError, reaching
from lockstep.pipeline.track.place import place
from lockstep.registry.aliases import Registry
from lockstep.registry.ledger import Entry
from lockstep.registry.register import opened
from lockstep.registry.version import CHALLENGER, CHAMPION, Version, aliases, every
from lockstep.versioning.model_versions import ModelRecord, Promotion, Versions

VERSION = re.compile(rf"(?:(?P<model>.+)/)?(?P<which>\d{{1,9}}|{CHAMPION}|{CHALLENGER})")
RUN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Registered(Versions):
    """The model versions in the registry of a checkout. Reading creates no registry.

    Attributes:
        workspace: the checkout.
        warn: called with the reason if versions are left out.
    """

    workspace: Workspace
    warn: Callable[[str], None]

    def find(self, text: str) -> ModelRecord | None:
        """Return what `7`, `champion`, `churn/7` or a run's id names."""
        named = VERSION.fullmatch(text)
        if not (named or RUN.fullmatch(text)) or not self._is_there():
            return None
        book = self._book()
        with reaching(book.backend.location):
            return _version(book, named) if named else _run(book, text)

    def holding(self, hashes: Collection[str]) -> Sequence[ModelRecord]:
        """Return the versions whose model has one of some hashes, newest first."""
        if not self._is_there():
            return ()
        try:
            book = self._book()
            with reaching(book.backend.location):
                found = every(book.backend, book.model)
                return [_record(book, one) for one in found if not set(hashes).isdisjoint(one.outputs.values())]
        except TrackingDownError as error:
            self.warn(f"model versions are left out: {error}")
            return ()

    def _book(self) -> Registry:
        return opened(self.workspace, load_all(self.workspace.params).problem.name)

    def _is_there(self) -> bool:
        """Return whether something was tracked; MLflow would create an empty database."""
        url = place(self.workspace.root).location.url
        file = sa.make_url(url).database if url.startswith("sqlite") else None
        return not url.startswith("sqlite") or (file is not None and Path(file).is_file())


def _version(book: Registry, named: re.Match[str]) -> ModelRecord | None:
    if named["model"] not in (None, book.model):
        return None
    which = named["which"]
    number = int(which) if which.isdecimal() else aliases(book.backend, book.model).get(which)
    return next((_record(book, one) for one in every(book.backend, book.model) if one.number == number), None)


def _run(book: Registry, run_id: str) -> ModelRecord | None:
    from mlflow.exceptions import MlflowException

    try:
        found = book.backend.client.get_run(run_id).data.tags
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return ModelRecord(
        f"run {run_id}",
        found.get(tags.COMMIT),
        found.get(tags.DIRTY) == "true",
        json.loads(found.get(tags.OUTPUTS, "{}")),
    )


def _record(book: Registry, version: Version) -> ModelRecord:
    return ModelRecord(
        f"{version.model}/{version.number}",
        version.tags.get(tags.COMMIT),
        version.tags.get(tags.DIRTY) == "true",
        version.outputs,
        tuple(_promotions(book.entries(), version)),
    )


def _promotions(entries: Sequence[Entry], version: Version) -> Iterator[Promotion]:
    for entry in entries:
        if entry.version_to == version.number and entry.action != "refused":
            yield Promotion(entry.at, entry.who, CHAMPION, entry.why or entry.action)
