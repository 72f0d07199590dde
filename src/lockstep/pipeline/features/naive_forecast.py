"""Which feature is the label of a horizon ago: the answer of somebody who expects everything to stay as it is."""

from lockstep.params.problem import EventLabel
from lockstep.params.source import TableSpec
from lockstep.pipeline.features.definition import Definition


def last_value(definition: Definition, label: EventLabel, events: TableSpec) -> str | None:
    """Return the feature that measures the horizon before the cutoff as the label measures the one after it.

    Args:
        definition: of the features.
        label: what is predicted.
        events: the table that the label counts or adds up.

    Returns:
        Its name: of a sum, or a count of whole events, over a window as long as the horizon; None where there is none.
    """
    row = events.time if events.key is None else events.key
    how, column = ("sum", label.column) if label.measure == "sum" else ("count", row)
    for feature in definition.aggregates:
        measured = feature.table, feature.column, feature.how, feature.window
        if measured == (label.event, column, how, label.horizon):
            return feature.name
    return None
