"""The flow in a separate process that can be killed, forked from one that has imported everything.

It is what `python -m flows.pipeline` is, without the seconds that imports take: nine stages are nine processes.
"""

import multiprocessing
from multiprocessing.process import BaseProcess
from typing import Any

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import inside

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["flows.pipeline", "dvc.repo.reproduce", "dvc.stage.run", __name__])


def fork_flow(project: Project, server: Server, **params: Any) -> BaseProcess:
    """Start the flow in the project's folder."""
    process = CONTEXT.Process(target=_run, args=(project, server, params), daemon=True)
    process.start()
    return process


def _run(project: Project, server: Server, params: dict[str, Any]) -> None:
    from flows.pipeline import pipeline

    with server.chosen(), inside(project):
        pipeline(**params, return_state=True)
