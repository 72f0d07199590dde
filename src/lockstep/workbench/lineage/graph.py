"""The graph of stage executions and what they read and wrote."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from lockstep.versioning.lockfile.lock import Execution, Lock, Pin

Node = Execution | Pin


@dataclass(frozen=True)
class Graph:
    """One lock as a graph: edges from inputs to executions, from executions to outputs, from directories to parts.

    A pin is a path and a hash. If a stage read other bytes than the path's writer wrote, there is no edge between the
    two: the writer's parameters do not describe what was read.
    """

    lock: Lock

    def parents(self, node: Node) -> tuple[Node, ...]:
        """Return the direct inputs of a node."""
        if isinstance(node, Execution):
            return node.deps
        maker = self._makers.get(node)
        return (maker,) if maker else self._wholes(node)

    def children(self, node: Node) -> tuple[Node, ...]:
        """Return the direct results of a node."""
        if isinstance(node, Execution):
            return node.outs
        parts = self._parts.get(node, ())
        return (*self._readers.get(node, ()), *parts)

    def upstream(self, *nodes: Node) -> tuple[Node, ...]:
        """Return everything upstream of nodes, each once, the nearest first; without the nodes themselves."""
        return _walk(nodes, self.parents)

    def downstream(self, *nodes: Node) -> tuple[Node, ...]:
        """Return everything downstream of nodes, each once, the nearest first; without the nodes themselves."""
        return _walk(nodes, self.children)

    def makers(self, *pins: Pin) -> tuple[Execution, ...]:
        """Return the executions that wrote pins, folders that contain them, or files inside of them."""
        near = dict.fromkeys(maker for pin in pins for maker in self._near(pin))
        return tuple(near)

    def readers(self, *pins: Pin) -> tuple[Execution, ...]:
        """Return the executions that read pins, or parts of them."""
        read = [one for pin in pins for part in (pin, *self._parts.get(pin, ())) for one in self._readers.get(part, ())]
        return tuple(dict.fromkeys(read))

    def stale(self, pin: Pin) -> Pin | None:
        """Return the lock's output at a pin's path, if it differs from the pin."""
        now = self._outs.get(pin.path)
        return now if now and now != pin else None

    @cached_property
    def results(self) -> tuple[Execution, ...]:
        """The last executions of the pipeline: no other one read their results."""
        return tuple(one for one in self.lock.executions if not self.readers(*one.outs))

    def _near(self, pin: Pin) -> Iterable[Execution]:
        if pin in self._makers:
            return (self._makers[pin],)
        return [self._makers[whole] for whole in self._wholes(pin)]

    def _wholes(self, pin: Pin) -> tuple[Pin, ...]:
        """Return the outs that contain a dep or lie inside of it."""
        if pin.path in self._outs:
            return ()
        above = (self._outs[path] for path in folders(pin.path) if path in self._outs)
        return (*above, *self._below.get(pin.path, ()))

    @cached_property
    def _below(self) -> dict[str, tuple[Pin, ...]]:
        """Folder -> the outs that lie in it, at any depth."""
        found: dict[str, tuple[Pin, ...]] = {}
        for out in self._outs.values():
            for folder in folders(out.path):
                found[folder] = (*found.get(folder, ()), out)
        return found

    @cached_property
    def _outs(self) -> dict[str, Pin]:
        return self.lock.outs

    @cached_property
    def _makers(self) -> dict[Pin, Execution]:
        return {pin: one for one in self.lock.executions for pin in one.outs}

    @cached_property
    def _readers(self) -> dict[Pin, tuple[Execution, ...]]:
        found: dict[Pin, tuple[Execution, ...]] = {}
        for one in self.lock.executions:
            for dep in dict.fromkeys(one.deps):
                found[dep] = (*found.get(dep, ()), one)
        return found

    @cached_property
    def _parts(self) -> dict[Pin, tuple[Pin, ...]]:
        found: dict[Pin, tuple[Pin, ...]] = {}
        for dep in self._readers:
            for whole in self._wholes(dep):
                found[whole] = (*found.get(whole, ()), dep)
        return found


def inside(path: str, folder: str) -> bool:
    """Return whether a path lies below a folder."""
    return path.startswith(f"{folder}/")


def folders(path: str) -> list[str]:
    """Return every folder that a path lies in: `a/b/c` lies in `a` and `a/b`."""
    return [path[:at] for at, letter in enumerate(path) if letter == "/"]


def _walk(start: Iterable[Node], step: Callable[[Node], Iterable[Node]]) -> tuple[Node, ...]:
    begun = dict.fromkeys(start)
    seen = dict(begun)
    waiting = list(begun)
    for node in waiting:  # what is appended meanwhile is walked too
        for found in step(node):
            if found not in seen:
                seen[found] = None
                waiting.append(found)
    return tuple(node for node in seen if node not in begun)
