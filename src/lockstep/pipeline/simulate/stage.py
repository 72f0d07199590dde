"""Stage `simulate`: write the built-in shop's database, if it is enabled."""

from pydantic import Field

from lockstep.core.files import dump_json, whole_directory
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.simulate import SimulateSpec

DATABASE = "shop.db"
ACCOUNT = "simulation.json"


class Inputs(Spec):
    """The sections that this stage reads."""

    seed: int = Field(ge=0, le=2**32 - 1)
    simulate: SimulateSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write data/source/: shop.db and simulation.json, the latter alone where the shop is switched off."""
    spec = inputs.simulate
    with whole_directory(workspace.source) as directory:
        if not spec.enabled:
            (directory / ACCOUNT).write_text(dump_json({"enabled": False}), encoding="utf-8")
            progress.say("switched off (simulate.enabled: false)")
            return
        from lockstep.pipeline.simulate.account import account
        from lockstep.pipeline.simulate.sqlite_file import write_file

        with progress.bar("customers", spec.customers) as advance:
            written = write_file(directory / DATABASE, spec, inputs.seed, advance)
        text = dump_json({"enabled": True, **account(spec, inputs.seed, written)})
        (directory / ACCOUNT).write_text(text, encoding="utf-8")
    progress.say(", ".join(f"{table.rows:,} {name}" for name, table in written.items()))
