"""Edges between what was read, what ran, and what was made."""

from typing import Any

from hypothesis import given

from lockstep.versioning.lockfile.lock import Execution, Lock, Pin
from lockstep.workbench.lineage.graph import Graph
from tests.unit.versioning.locks import lock, locks, md5

SHOP = lock(
    ingest=({"code.py": 1}, {"data/raw": 2}),
    features=({"data/raw/orders": 20, "code.py": 1}, {"data/features": 3}),
    train=({"data/features": 3}, {"data/model": 4, "data/loss.csv": 5}),
    report=({"data/model": 4, "data/raw": 2}, {"data/report": 6}),
)


def names(nodes: tuple[Any, ...]) -> list[str]:
    return [node.stage for node in nodes if isinstance(node, Execution)]


def pin(path: str, number: int) -> Pin:
    return Pin(path, md5(number))


def test_a_model_leads_back_to_the_raw_data_and_forward_to_its_report() -> None:
    graph = Graph(SHOP)
    model = pin("data/model", 4)
    assert names(graph.upstream(model)) == ["train", "features", "ingest"]
    assert pin("data/raw", 2) in graph.upstream(model)
    assert graph.downstream(model) == (SHOP.executions[3], pin("data/report", 6))


def test_reading_a_file_of_a_directory_depends_on_the_directorys_writer() -> None:
    graph = Graph(SHOP)
    assert names(graph.downstream(pin("data/raw", 2))) == ["report", "features", "train"]
    assert names(graph.makers(pin("data/raw/orders", 20))) == ["ingest"]
    assert names(graph.readers(pin("data/raw", 2))) == ["report", "features"]


def test_reading_a_folder_depends_on_the_writers_inside_of_it() -> None:
    graph = Graph(lock(a=({}, {"data/r/a": 1}), b=({}, {"data/r/b": 2}), c=({"data/r": 3}, {"data/c": 4})))
    assert sorted(names(graph.upstream(pin("data/c", 4)))) == ["a", "b", "c"]
    assert names(graph.downstream(pin("data/r/a", 1))) == ["c"]


def test_inputs_that_were_rewritten_since_have_no_writer_in_the_lock() -> None:
    """`dvc repro ingest` alone: the lock has the new raw data, and a train that read the old."""
    graph = Graph(lock(ingest=({}, {"data/raw": 9}), train=({"data/raw": 2}, {"data/model": 4})))
    old = pin("data/raw", 2)
    assert names(graph.upstream(pin("data/model", 4))) == ["train"]
    assert (graph.makers(old), graph.stale(old)) == ((), pin("data/raw", 9))
    assert names(graph.downstream(pin("data/raw", 9))) == []


def test_the_results_are_outputs_that_no_stage_reads() -> None:
    assert names(Graph(SHOP).results) == ["report"]


def test_a_cycle_in_a_lock_ends() -> None:
    graph = Graph(lock(a=({"y": 2}, {"x": 1}), b=({"x": 1}, {"y": 2})))
    assert sorted(names(graph.upstream(pin("x", 1)))) == ["a", "b"]


@given(locks())
def test_upstream_and_downstream_are_each_others_inverse(drawn: Lock) -> None:
    graph, nodes = Graph(drawn), [*drawn.executions, *drawn.pins]
    for one in nodes:
        for other in nodes:
            assert (one in graph.upstream(other)) == (other in graph.downstream(one))


@given(locks())
def test_a_walk_returns_only_nodes_of_the_lock(drawn: Lock) -> None:
    graph = Graph(drawn)
    known = {*drawn.pins, *drawn.executions}
    for node in known:
        assert set(graph.upstream(node)) | set(graph.downstream(node)) <= known - {node}
