"""The deployments, as prefect.yaml declares them: `make up` and `prefect deploy` read the same ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lockstep.core.errors import LockstepError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

FILE = "prefect.yaml"


class Schedule(BaseModel):
    """When a deployment runs by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cron: str
    timezone: str = "UTC"


class Deployment(BaseModel):
    """A flow under a name, as prefect.yaml declares it for `prefect deploy` and for us."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    entrypoint: str
    """`path/of/file.py:flow`: only a file is found by all who run it, the server, a worker and `make up` alike."""
    description: str = ""
    tags: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    concurrency_limit: int = Field(1, ge=1)
    """Runs at once, wherever they run."""
    parameters: dict[str, Any] = {}
    work_pool: dict[str, Any] = {}
    """Of no meaning here: for `prefect deploy`."""


def declared(root: Path) -> tuple[Deployment, ...]:
    """Return the deployments that prefect.yaml declares.

    Raises:
        LockstepError: there is no such file, or something in it is not what we can serve.
    """
    try:
        document = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))
        return tuple(Deployment.model_validate(entry) for entry in document["deployments"])
    except FileNotFoundError as error:
        raise LockstepError(f"{root.resolve() / FILE}: no such file; start this in the project's folder") from error
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}; got {p['input']!r}" for p in error.errors()]
        raise LockstepError(f"{FILE}: deployments", problems) from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise LockstepError(f"{FILE}: expected YAML with a list `deployments`", [str(error)]) from error


def local(deployment: Deployment) -> "RunnerDeployment":
    """Return the deployment as it is served from the project's own folder: no work pool, nothing pulled."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron

    made = RunnerDeployment.from_entrypoint(
        deployment.entrypoint,
        deployment.name,
        schedules=[Cron(schedule.cron, timezone=schedule.timezone) for schedule in deployment.schedules],
        concurrency_limit=deployment.concurrency_limit,
        parameters=deployment.parameters,
        description=deployment.description,
        tags=list(deployment.tags),
    )
    # Set, though to nothing: or else a pool would stay that an earlier `prefect deploy` gave it.
    made.work_pool_name = None
    made.work_queue_name = None
    return made
