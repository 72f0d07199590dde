"""The deployments that prefect.yaml declares, for `make up` and `prefect deploy`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lockstep.core.errors import LockstepError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

FILE = "prefect.yaml"


class Schedule(BaseModel):
    """A schedule of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cron: str
    timezone: str = "UTC"


class Deployment(BaseModel):
    """One deployment of prefect.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    entrypoint: str
    """`flows/name.py:name`; a file, since `flows` is not an installed package and so not importable everywhere."""
    description: str = ""
    tags: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    concurrency_limit: int = Field(1, ge=1)
    """Number of runs at the same time, on all machines together."""
    parameters: dict[str, Any] = {}
    work_pool: dict[str, Any] = {}
    """Used only by `prefect deploy`."""


def declared(root: Path) -> tuple[Deployment, ...]:
    """Return the deployments that prefect.yaml declares.

    Raises:
        LockstepError: the file is missing, or a deployment in it is not valid.
    """
    try:
        document = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))
        return tuple(Deployment.model_validate(entry) for entry in document["deployments"])
    except FileNotFoundError as error:
        raise LockstepError(f"{root.resolve() / FILE}: no such file; run this in the project's folder") from error
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}; got {p['input']!r}" for p in error.errors()]
        raise LockstepError(f"{FILE}: deployments", problems) from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise LockstepError(f"{FILE}: expected YAML with a list `deployments`", [str(error)]) from error


def local(deployment: Deployment) -> "RunnerDeployment":
    """Return the deployment as `make up` serves it from the project's folder: no work pool, no pull steps."""
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
    # Set to None explicitly: otherwise the pool of an earlier `prefect deploy` would stay.
    made.work_pool_name = None
    made.work_queue_name = None
    return made
