"""`lockstep stage NAME`: what `dvc repro` calls."""

import importlib
import pkgutil
import time
from typing import Annotated

import typer

from lockstep import pipeline
from lockstep.cli.app import PIPELINE, app
from lockstep.core.errors import LockstepError, closest
from lockstep.core.workspace import Workspace


def stage_names() -> list[str]:
    """Return the names of the stages: the folders of `lockstep.pipeline`."""
    return [module.name for module in pkgutil.iter_modules(pipeline.__path__)]


@app.command(rich_help_panel=PIPELINE)
def stage(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(stage_names())}.")]) -> None:
    """Run one stage in this folder, as `dvc repro` does."""
    known = stage_names()
    if name not in known:
        raise LockstepError(f"no stage {name!r}{closest(name, known)}; there are {', '.join(known)}")
    from lockstep.core.durations import Durations
    from lockstep.core.progress import Progress
    from lockstep.core.spec import load
    from lockstep.params.document import load_all

    started = time.monotonic()
    workspace = Workspace()
    load_all(workspace.params)  # a mistake in any section stops the stage before it works
    module = importlib.import_module(f"lockstep.pipeline.{name}.stage")
    module.run(load(module.Inputs, workspace.params), workspace, Progress(name))
    Durations.of(workspace).record(name, time.monotonic() - started)
