"""dvc.lock after the flow is, byte for byte, what `dvc repro` writes from the same start."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import copy_of, flow_here, lock_of, repro_here, tiny_project, traced, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

WAITING = """\
stages:
  left:
    cmd: if [ "$LAST" = left ]; then until grep -q "^  right:" dvc.lock; do sleep 0.05; done; fi; echo 1 > left.txt
    meta: {timeout: 60s}
    deps: [source.txt]
    outs: [left.txt]
  right:
    cmd: if [ "$LAST" = right ]; then until grep -q "^  left:" dvc.lock; do sleep 0.05; done; fi; echo 2 > right.txt
    meta: {timeout: 60s}
    deps: [source.txt]
    outs: [right.txt]
"""
"""One of two branches ends when the other stands in dvc.lock already."""

TEMPLATED = """\
vars:
  - names.yaml
  - suffix: txt
stages:
  size:
    foreach: ${sizes}
    do:
      cmd: echo ${key} ${item} > size_${key}.${suffix}
      outs: ['size_${key}.${suffix}']
  grid:
    matrix:
      model: [tree, line]
      depth: [1, 2]
    cmd: echo ${item.model} ${item.depth} > grid_${item.model}_${item.depth}.${suffix}
    outs: ['grid_${item.model}_${item.depth}.${suffix}']
  quoted:
    cmd: wc -l size_small.${suffix} grid_tree_1.${suffix} | tail -n 1 > quoted.${suffix}
    deps: ['size_small.${suffix}', 'grid_tree_1.${suffix}']
    params: [text, nested.list]
    outs:
      - quoted.${suffix}:
          cache: false
"""

TEMPLATED_PARAMS = """\
text: "it's \\"quoted\\" `x` $HOME \\\\ ü 日"
nested: {list: [1, 2.50, null, yes], other: 1}
"""

MIXED = """\
stages:
  ice:
    cmd: echo ice >> "$TRACE"; cp source.txt ice.txt
    frozen: true
    deps: [source.txt]
    outs: [ice.txt]
  ever:
    cmd: echo ever >> "$TRACE"; cat data.csv > ever.txt
    always_changed: true
    deps: [data.csv]
    outs: [ever.txt]
  last:
    cmd: echo last >> "$TRACE"; cat ice.txt ever.txt sub/inner.txt > last.txt
    deps: [ice.txt, ever.txt, sub/inner.txt]
    outs: [last.txt]
"""

INNER = """\
stages:
  inner:
    cmd: echo inner >> "$TRACE"; cat ../data.csv > inner.txt
    deps: [../data.csv]
    outs: [inner.txt]
"""


def both(project: Project, server: Server, folder: Path) -> None:
    """Run `dvc repro` in a copy and the flow here, and hold the same stages, lock files and outputs of them."""
    peer = copy_of(project, folder)
    repro_here(peer)
    flow_here(project, server)
    assert sorted(traced(project)) == sorted(traced(peer))
    for file in sorted([*peer.root.rglob("dvc.lock"), *peer.root.glob("?*.dvc"), *peer.root.rglob("*.txt")]):
        assert (project.root / file.relative_to(peer.root)).read_bytes() == file.read_bytes(), file.name


@pytest.mark.skipif(os.cpu_count() == 1, reason="branches run side by side on two processors")
@pytest.mark.parametrize("last", ["left", "right"])
def test_stages_are_in_dvcs_order_however_branches_end(last: str, tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "flow", WAITING)
    peer = copy_of(project, tmp_path / "dvc")
    repro_here(peer)
    flow_here(replace(project, environment={**project.environment, "LAST": last}), prefect_server)
    assert lock_of(project) == lock_of(peer)


def test_templates_are_resolved_as_dvc_does(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "flow", TEMPLATED, TEMPLATED_PARAMS)
    write(project, "names.yaml", "sizes: {small: 1, large: 9}\n")
    both(project, prefect_server, tmp_path / "dvc")


def test_frozen_and_always_changed_stages_sub_folders_and_data_sources(tmp_path: Path, prefect_server: Server) -> None:
    project = tiny_project(tmp_path / "flow", MIXED.replace("    frozen: true\n", ""))
    (project.root / "sub").mkdir()
    write(project, "sub/dvc.yaml", INNER)
    write(project, "data.csv", "a\n1\n")
    project.run("dvc", "add", "-q", "data.csv")
    both(project, prefect_server, tmp_path / "first")
    write(project, "dvc.yaml", MIXED)
    write(project, "source.txt", "only the frozen stage reads this\n")
    write(project, "data.csv", "a\n2\n")
    both(project, prefect_server, tmp_path / "second")
