"""Trials as nested runs: on request, once each, with few calls."""

from collections import Counter
from typing import Any

import pytest

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import connect
from tests.integration.tracked_workspace import publish_here, runs

pytestmark = pytest.mark.xdist_group("track")


def test_trials_are_runs_only_on_request(workspace: Workspace) -> None:
    publish_here(workspace)
    backend = connect(workspace.root)
    assert runs(backend, nested=True) == []
    later = publish_here(workspace, trials=True)
    assert not later.new, "they are added to the run that is there"
    found = {run.data.tags[tags.TRIAL]: run for run in runs(backend, nested=True)}
    assert {number: run.data.metrics.get("score") for number, run in found.items()} == {"0": 0.6, "1": 0.5, "2": None}
    assert found["2"].info.status == "KILLED", "it was pruned"
    assert found["1"].data.params == {"estimator": "logistic", "logistic.C": "0.3"}
    publish_here(workspace, trials=True)
    publish_here(workspace)
    assert len(runs(backend, nested=True)) == 3


def test_a_trial_takes_three_calls_however_many_values_it_has(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    calls: Counter[str] = Counter()
    for name in ("create_run", "log_batch", "log_param", "log_metric", "set_tag", "set_terminated"):
        original = getattr(MlflowClient, name)

        def counted(*args: Any, _name: object = name, _original: object = original, **kwargs: Any) -> Any:
            calls[_name] += 1
            return _original(*args, **kwargs)

        monkeypatch.setattr(MlflowClient, name, counted)
    header = "trial,estimator,score,pruned,reached,rounds," + ",".join(f"logistic.p{i}" for i in range(50))
    rows = [f"{number},logistic,0.5,False,0.5,9," + ",".join(["0.1"] * 50) for number in range(10)]
    (workspace.search / "trials.csv").write_text("\n".join([header, *rows]) + "\n")
    from tests.integration.tracked_workspace import pin

    pin(workspace)
    publish_here(workspace)
    without = calls.copy()
    calls.clear()
    publish_here(workspace, trials=True)
    assert calls == {"create_run": 10, "log_batch": 10, "set_terminated": 10, "set_tag": 1}
    assert without["create_run"] == 1
