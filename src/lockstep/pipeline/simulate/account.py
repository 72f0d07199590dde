"""What is known of a simulated shop, because it was put there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate.database import Written
from lockstep.pipeline.simulate.dirt import kinds_of
from lockstep.pipeline.simulate.tables import TABLES
from lockstep.pipeline.simulate.timeline import Timeline


def account(spec: SimulateSpec, seed: int, written: Mapping[str, Written]) -> dict[str, Any]:
    """Return size, span and turning points, and per table the rows and the dirt in them, ready for JSON."""
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
