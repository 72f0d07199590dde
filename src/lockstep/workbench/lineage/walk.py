"""Walk upstream to the raw data and downstream to all results; each distinct lineage once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockstep.versioning.lockfile.lock import Execution, Pin
from lockstep.versioning.project import Origin, Source
from lockstep.workbench.lineage.graph import Graph, Node


@dataclass(frozen=True)
class Way:
    """One way in which something was made or used, and every lock that records exactly this way."""

    graph: Graph
    pins: tuple[Pin, ...]
    roots: tuple[Execution, ...]
    """The executions next to the target."""
    steps: tuple[Execution, ...]
    """All executions on the way, the nearest first."""
    origins: tuple[Origin, ...]

    @property
    def made(self) -> tuple[Pin, ...]:
        """All outputs of the executions on the way."""
        return tuple(pin for step in self.steps for pin in step.outs)


def back(sources: Iterable[Source]) -> tuple[Way, ...]:
    """Return how the targets were made: one way per distinct set of executions, newest first."""
    return _ways(sources, _made)


def forth(sources: Iterable[Source]) -> tuple[Way, ...]:
    """Return what used the targets, in the same form; ways without executions are left out."""
    return tuple(way for way in _ways(sources, _used) if way.steps)


def _made(graph: Graph, pins: tuple[Pin, ...]) -> tuple[tuple[Execution, ...], tuple[Node, ...]]:
    if not pins:
        return graph.results, graph.lock.executions
    return graph.makers(*pins), graph.upstream(*pins)


def _used(graph: Graph, pins: tuple[Pin, ...]) -> tuple[tuple[Execution, ...], tuple[Node, ...]]:
    return graph.readers(*pins), graph.downstream(*pins)


def _ways(
    sources: Iterable[Source],
    walk: Callable[[Graph, tuple[Pin, ...]], tuple[tuple[Execution, ...], tuple[Node, ...]]],
) -> tuple[Way, ...]:
    found: dict[object, Way] = {}
    for source in sources:
        graph = Graph(source.lock)
        roots, nodes = walk(graph, source.pins)
        steps = tuple(node for node in nodes if isinstance(node, Execution))
        key = (frozenset(source.pins), frozenset(steps))
        way = found.get(key) or Way(graph, source.pins, roots, steps, ())
        found[key] = Way(way.graph, way.pins, way.roots, way.steps, (*way.origins, source.origin))
    return tuple(found.values())
