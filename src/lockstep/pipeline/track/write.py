"""Write a new run in parts; only the last step marks it as finished."""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lockstep.artifacts.bundle import GRAPH
from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.datasets import Dataset
from lockstep.pipeline.track.files import BUNDLE, lay_out
from lockstep.pipeline.track.gather import Result
from lockstep.pipeline.track.model import log_model
from lockstep.pipeline.track.names import PARAM, TAG, key, value
from lockstep.pipeline.track.trials import log_trials

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

METRICS, PARAMS = 1000, 100  # that MLflow accepts in one call
TITLE = 200  # characters of a run's name

T = TypeVar("T")


def write(backend: Backend, experiment_id: str, result: Result, *, trials: bool) -> str:
    """Write a result as a new run, and return the run's id."""
    client = backend.client
    own = {key(name): value(text, TAG) for name, text in result.tags.items()}
    name = value(result.name, TITLE)
    run = client.create_run(experiment_id, tags=own, run_name=name)  # with its tags, so that a repeat finds it
    run_id: str = run.info.run_id
    _log_values(backend, run_id, result)
    client.log_inputs(run_id, [_input(dataset) for dataset in result.datasets])
    _log_files(backend, run_id, result)
    log_model(backend, experiment_id, run_id, result)
    if trials:
        log_trials(backend, run, result.trials)
    client.set_tag(run_id, tags.FINISHED, datetime.now(UTC).isoformat(timespec="seconds"))
    client.set_terminated(run_id)
    return run_id


def _log_values(backend: Backend, run_id: str, result: Result) -> None:
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    params = [Param(key(name), value(text, PARAM)) for name, text in result.params.items()]
    metrics = [Metric(measure.name, measure.value, now, measure.step) for measure in result.measures]
    for some in _batches(params, PARAMS):
        backend.client.log_batch(run_id, params=some)
    for many in _batches(metrics, METRICS):
        backend.client.log_batch(run_id, metrics=many)


def _log_files(backend: Backend, run_id: str, result: Result) -> None:
    """Upload the artifacts, and check that the graph arrived unchanged."""
    with tempfile.TemporaryDirectory(prefix="lockstep-track-") as folder:
        laid, fetched = Path(folder) / "run", Path(folder) / "back"
        laid.mkdir()
        fetched.mkdir()
        lay_out(result, laid)
        backend.client.log_artifacts(run_id, str(laid))
        arrived = backend.client.download_artifacts(run_id, f"{BUNDLE}/{GRAPH}", str(fetched))
        if sha256(Path(arrived)) != result.graph:
            raise LockstepError(f"{BUNDLE}/{GRAPH} of run {run_id}: differs from the uploaded file")


def _input(dataset: Dataset) -> "DatasetInput":
    from mlflow.entities import Dataset as Described
    from mlflow.entities import DatasetInput, InputTag

    source = json.dumps({"uri": dataset.path})
    columns = [{"name": name, "type": kind} for name, kind in dataset.columns.items()]
    described = Described(
        name=dataset.name,
        digest=dataset.digest,
        source_type="local",
        source=source,
        schema=json.dumps({"columns": columns}),
        profile=json.dumps(dict(dataset.profile)),
    )
    return DatasetInput(described, [InputTag("mlflow.data.context", dataset.context)])


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
