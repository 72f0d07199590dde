"""Stage `features`: from processed tables, examples to train, validate and test on, and rows to predict."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pydantic import Field

from lockstep.artifacts.definition import Definition
from lockstep.artifacts.schema import CUTOFF, FeatureSchema
from lockstep.core.duck import connect
from lockstep.core.errors import LockstepError, shorten
from lockstep.core.files import whole_directory
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.problem import ColumnLabel, EventLabel, ProblemSpec
from lockstep.params.pipeline.source import SourceSpec
from lockstep.params.pipeline.split import SplitSpec
from lockstep.pipeline.features.build import Tables
from lockstep.pipeline.features.checks import check, check_snapshots, check_weights, count
from lockstep.pipeline.features.examples import CURRENT, Examples, Sampling, from_events, from_flat, plan_sampling
from lockstep.pipeline.features.free_text import free_texts
from lockstep.pipeline.features.labels import last_value
from lockstep.pipeline.features.resolution import define
from lockstep.pipeline.features.tables import Source, open_tables
from lockstep.pipeline.features.weights import check_column
from lockstep.pipeline.features.write import write_examples
from lockstep.tasks.registry import task

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


class Inputs(Spec):
    """The sections that this stage reads."""

    seed: int = Field(ge=0, le=2**32 - 1)
    source: SourceSpec
    problem: ProblemSpec
    features: FeaturesSpec
    split: SplitSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write `data/features`.

    Raises:
        LockstepError: params.yaml does not fit the tables, or there are too few examples, or all of one class.
    """
    import ibis

    with closing(connect(workspace.scratch)) as connection:
        backend = ibis.duckdb.from_connection(connection)
        sources = open_tables(backend, workspace.processed, inputs.source.tables, tables_used(inputs))
        definition = _define(inputs, sources)
        examples = _examples(backend, definition, inputs, sources, progress)
        undeclared = [
            a.name for a in definition.attributes if a.holds == "text" and a.name not in inputs.features.kinds
        ]
        texts = tuple(free_texts(examples.rows, undeclared))
        definition = definition.with_texts(texts)
        counts = count(examples.rows, task(inputs.problem.task))
        check(counts, inputs.problem, _advice(inputs))
        if inputs.problem.weight is not None:
            check_weights(examples.rows, inputs.problem.weight)
        progress.say(", ".join(f"{name} {found.rows:,}" for name, found in counts.items()) + " rows")
        with whole_directory(workspace.features) as directory:
            schema = _schema(inputs, definition, examples)
            definition.write(directory)
            write_examples(directory, examples, schema, inputs.source.as_of, inputs.seed)
    progress.say(f"{len(definition.features)} features{_recognised(texts)}")


def tables_used(inputs: Inputs) -> tuple[str, ...]:
    """Return the tables that features, label, eligibility or the list of entities come from."""
    tables = inputs.source.tables
    used = {*inputs.features.aggregates, *inputs.features.attributes}
    if isinstance(inputs.problem.label, EventLabel):
        used.add(inputs.problem.label.event)
    if inputs.problem.eligible:
        used.add(inputs.problem.eligible.event)
    owners = [name for name, table in tables.items() if table.kind != "event"]
    # Without an entity table, an entity is known from its first event of any kind.
    return tuple(name for name in tables if name in used or name in owners or not owners)


def _define(inputs: Inputs, sources: dict[str, Source]) -> Definition:
    specs = {name: source.spec for name, source in sources.items()}
    types = {name: source.types for name, source in sources.items()}
    label = inputs.problem.label.column if isinstance(inputs.problem.label, ColumnLabel) else None
    if inputs.problem.weight is not None:
        check_column(inputs.problem.weight, sources)
    return define(inputs.features, specs, types, label, inputs.problem.weight)


def _examples(
    backend: Backend, definition: Definition, inputs: Inputs, sources: dict[str, Source], progress: Progress
) -> Examples:
    problem, label = inputs.problem, inputs.problem.label
    if isinstance(label, ColumnLabel):
        (flat,) = sources.values()
        return from_flat(backend, definition, flat, problem, inputs.split, inputs.seed)
    events = {name: source for name, source in sources.items() if source.spec.kind == "event"}
    entities = next((source for source in sources.values() if source.spec.kind == "entity"), None)
    if inputs.source.as_of is None:
        raise LockstepError("source.as_of: missing; events need it")
    sampling = plan_sampling(inputs.source.as_of, label, inputs.features.cutoffs, inputs.split, inputs.seed)
    _say_plan(sampling, progress)
    with progress.bar("tables of events", 1 + len(inputs.features.aggregates)) as advance:
        examples = from_events(backend, definition, Tables(entities, events), problem, sampling, advance)
    check_snapshots(examples.rows, (*sampling.cutoffs, sampling.as_of))
    if examples.short_history:
        progress.say(f"the longest window begins before the first event at the first {examples.short_history} cutoffs")
    return examples


def _recognised(names: Sequence[str]) -> str:
    """Return the undeclared free texts, which a user may want to declare, as the end of a sentence."""
    return f"; recognised as free text: {', '.join(map(shorten, names))} (features.kinds)" if names else ""


def _say_plan(sampling: Sampling, progress: Progress) -> None:
    cutoffs = sampling.cutoffs
    progress.say(f"{len(cutoffs)} cutoffs from {cutoffs[0]} to {cutoffs[-1]}, and {CURRENT} at {sampling.as_of}")
    for cutoff in sampling.plan.embargoed:
        progress.say(f"cutoff {cutoff} left out: within the embargo of the next split")


def _schema(inputs: Inputs, definition: Definition, examples: Examples) -> FeatureSchema:
    label = inputs.problem.label
    last = None
    if isinstance(label, EventLabel):
        last = last_value(definition, label, inputs.source.tables[label.event])
    return FeatureSchema(
        task=inputs.problem.task,
        key=inputs.problem.entity,
        cutoff=CUTOFF if isinstance(label, EventLabel) else None,
        features=definition.features,
        classes=examples.classes,
        last_value=last,
        weighted=inputs.problem.weight is not None,
    )


def _advice(inputs: Inputs) -> str:
    """Return advice for a split that has no rows, or only one class."""
    if isinstance(inputs.problem.label, EventLabel):
        return "change problem.label.horizon, problem.eligible, features.cutoffs or split"
    return "change problem.label, the shares in split, or seed"
