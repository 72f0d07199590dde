"""Find, sort and delete the runs of a result."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.names import folder

if TYPE_CHECKING:
    from mlflow.entities import Run

PAGE = 1000  # runs per request
GRACE = 600.0  # seconds after which an unfinished run of another machine counts as dead


def experiment(backend: Backend, name: str) -> str:
    """Return the id of the experiment of that name; create it if it is missing."""
    from mlflow.exceptions import MlflowException

    found = backend.client.get_experiment_by_name(name)
    if found is None:
        root = backend.place.artifacts
        try:
            return str(backend.client.create_experiment(name, f"{root}/{folder(name)}" if root else None, tags.KIND))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            # another process created it first
            return experiment(backend, name)
    return str(found.experiment_id)


def of_result(backend: Backend, experiment_id: str, fingerprint: str) -> "list[Run]":
    """Return the runs of a result that are not deleted: finished ones first, in the order of their ends."""
    found = list(_search(backend, experiment_id, f"tags.`{tags.RESULT}` = '{fingerprint}'"))
    return sorted(found, key=lambda run: (not is_finished(run), run.info.end_time or 0, run.info.run_id))


def is_finished(run: "Run") -> bool:
    """Return whether the run holds the whole result."""
    return run.info.status == "FINISHED" and tags.FINISHED in run.data.tags


def is_dead(run: "Run", *, exclusive: bool) -> bool:
    """Return whether an unfinished run has no writer any more; with `exclusive`, this process is the only writer."""
    return exclusive or time.time() - run.info.start_time / 1000 > GRACE


def nested(backend: Backend, run: "Run") -> "list[Run]":
    """Return the nested runs of a run."""
    return list(_search(backend, run.info.experiment_id, f"tags.`{tags.PARENT}` = '{run.info.run_id}'"))


def discard(backend: Backend, run: "Run") -> None:
    """Delete a run with its nested runs and models; the run last, so that a repeat finds what is left."""
    for child in nested(backend, run):
        backend.client.delete_run(child.info.run_id)
    for model in models(backend, run):
        backend.client.delete_logged_model(model)
    backend.client.delete_run(run.info.run_id)


def models(backend: Backend, run: "Run") -> list[str]:
    """Return the ids of the models that a run has logged."""
    query = f"source_run_id = '{run.info.run_id}'"
    found: Sequence[object] = backend.client.search_logged_models([run.info.experiment_id], query)
    return [str(model.model_id) for model in found]  # type: ignore[attr-defined] # its own list is not typed


def _search(backend: Backend, experiment_id: str, query: str) -> "Iterator[Run]":
    token = None
    while True:
        page = backend.client.search_runs([experiment_id], query, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
