"""Stage `simulate`: write the built-in shop's database, if it is enabled."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from lockstep.core.files import dump_json, whole_directory
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.simulate import SimulateSpec

if TYPE_CHECKING:
    from lockstep.pipeline.simulate.database import Written


DATABASE = "shop.db"
GROUND_TRUTH = "simulation.json"


class Inputs(Spec):
    """The sections that this stage reads."""

    seed: int = Field(ge=0, le=2**32 - 1)
    simulate: SimulateSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write data/source/: shop.db and simulation.json; only the latter if the shop is switched off."""
    spec = inputs.simulate
    with whole_directory(workspace.source) as directory:
        if not spec.enabled:
            (directory / GROUND_TRUTH).write_text(dump_json({"enabled": False}), encoding="utf-8")
            progress.say("switched off (simulate.enabled: false)")
            return
        from lockstep.pipeline.simulate.sqlite_file import write_file

        with progress.bar("customers", spec.customers) as advance:
            written = write_file(directory / DATABASE, spec, inputs.seed, advance)
        text = dump_json({"enabled": True, **ground_truth(spec, inputs.seed, written)})
        (directory / GROUND_TRUTH).write_text(text, encoding="utf-8")
    progress.say(", ".join(f"{table.rows:,} {name}" for name, table in written.items()))


def ground_truth(spec: SimulateSpec, seed: int, written: Mapping[str, "Written"]) -> dict[str, Any]:
    """Return the true facts about the shop for JSON: size, span, drift dates, and rows and dirt per table."""
    from lockstep.pipeline.simulate.dirt import kinds_of
    from lockstep.pipeline.simulate.tables import TABLES
    from lockstep.pipeline.simulate.timeline import Timeline

    timeline = Timeline.of(spec)

    def day(number: int) -> str:
        return (spec.start + timedelta(days=number)).isoformat()

    return {
        "seed": seed,
        "customers": spec.customers,
        "start": day(0),
        "end": day(timeline.days),
        "covariate_drift_from": day(timeline.shift) if timeline.shift < timeline.days else None,
        "concept_drift_from": day(timeline.turn) if timeline.turn < timeline.days else None,
        "tables": {
            table.name: {
                "rows": written[table.name].rows,
                "dirt": {
                    kind: {"rate": rate, "rows": written[table.name].dirt[kind]}
                    for kind, rate in kinds_of(table).items()
                },
            }
            for table in TABLES
        },
    }
