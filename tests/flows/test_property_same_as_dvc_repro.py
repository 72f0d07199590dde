"""Property: for any pipeline and any change, the flow runs the same stages as `dvc repro`, with the same results."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.project import Project
from tests.flows.server import Server
from tests.flows.tiny import copy_of, flow_here, repro_here, tiny_project, traced

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flows")]

SOURCES = ("red.txt", "blue.txt")
KEYS = ("a", "b")


@dataclass(frozen=True)
class Stage:
    """A command that leaves its name outside, and writes what it read."""

    name: str
    reads: tuple[str, ...]
    params: tuple[str, ...]
    outs: tuple[str, ...]
    version: int = 1

    def entry(self) -> dict[str, object]:
        """Return its entry in dvc.yaml."""
        read = " ".join([*self.reads, *(["params.json"] if self.params else []), "/dev/null"])
        makes = "; ".join(f"(echo {out} {self.version}; {self._picked(read)}) > {out}" for out in self.outs)
        return {
            "cmd": f'echo {self.name} >> "$TRACE"; {makes}',
            "deps": list(self.reads),
            "params": [{"params.json": list(self.params)}] if self.params else [],
            "outs": list(self.outs),
        }

    def _picked(self, read: str) -> str:
        """Show what was read, of the params only those that are its own."""
        pattern = "|".join(["^[^ ]", *(f'^ *"{key}"' for key in self.params)])
        return f"grep -hE '{pattern}' {read}"


@dataclass(frozen=True)
class Change:
    """Something that somebody does between two runs; `at` picks a stage, output, source or key."""

    what: str
    at: int


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[Stage, ...]:
    """Stages in random order, each reading sources and outputs of stages before it."""
    there = list(SOURCES)
    made: list[Stage] = []
    for number in range(draw(st.integers(2, 6))):
        name = f"s{number}"
        reads = draw(st.lists(st.sampled_from(there), min_size=1, max_size=3, unique=True))
        params = draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True))
        outs = [f"{name}_{which}.txt" for which in range(draw(st.integers(1, 2)))]
        made.append(Stage(name, tuple(reads), tuple(params), tuple(outs)))
        there += outs
    return tuple(draw(st.permutations(made)))


CHANGES = st.builds(
    Change,
    st.sampled_from(["nothing", "param", "source", "out deleted", "out edited", "command", "cache lost"]),
    st.integers(0, 11),
)


def write_pipeline(root: Path, stages: tuple[Stage, ...]) -> None:
    (root / "dvc.yaml").write_text(json.dumps({"stages": {stage.name: stage.entry() for stage in stages}}, indent=2))


def apply(change: Change, root: Path, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Make a change in a folder and return the stages as they are then."""
    outs = sorted(out for stage in stages for out in stage.outs)
    out = root / outs[change.at % len(outs)]
    if change.what == "param":
        key = KEYS[change.at % len(KEYS)]
        values = json.loads((root / "params.json").read_text())
        (root / "params.json").write_text(json.dumps(values | {key: (values[key] + change.at) % 3}, indent=1))
    elif change.what == "source":
        (root / SOURCES[change.at % len(SOURCES)]).write_text(f"{change.at % 3}\n")
    elif change.what == "out deleted":
        out.unlink(missing_ok=True)
    elif change.what == "out edited":
        out.unlink(missing_ok=True)
        out.write_text("by hand\n")
    elif change.what == "cache lost":
        shutil.rmtree(root / ".dvc" / "cache", ignore_errors=True)
    elif change.what == "command":
        at = change.at % len(stages)
        other = Stage(**{**vars(stages[at]), "version": stages[at].version % 2 + 1})
        stages = (*stages[:at], other, *stages[at + 1 :])
        write_pipeline(root, stages)
    return stages


def left_by(project: Project) -> dict[str, bytes]:
    """Return dvc.lock and every file that a stage wrote."""
    return {file.name: file.read_bytes() for file in [project.root / "dvc.lock", *project.root.glob("*.txt")]}


def first_project(folder: Path, stages: tuple[Stage, ...]) -> Project:
    project = tiny_project(folder, "{}\n")
    (project.root / "params.json").write_text(json.dumps(dict.fromkeys(KEYS, 1), indent=1))
    for source in SOURCES:
        (project.root / source).write_text("1\n")
    write_pipeline(project.root, stages)
    return project


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
@given(stages=pipelines(), changes=st.lists(CHANGES, min_size=2, max_size=2))
def test_flow_and_dvc_repro_run_the_same_stages_and_leave_the_same(
    prefect_server: Server, stages: tuple[Stage, ...], changes: list[Change]
) -> None:
    with TemporaryDirectory() as scratch:
        by_flow = first_project(Path(scratch) / "flow", stages)
        by_dvc = copy_of(by_flow, Path(scratch) / "dvc")
        for change in [Change("nothing", 0), *changes]:
            after = apply(change, by_flow.root, stages)
            apply(change, by_dvc.root, stages)
            stages = after
            repro_here(by_dvc)
            run = flow_here(by_flow, prefect_server)
            assert run.state == "Completed", (change, run.message)
            assert sorted(traced(by_flow)) == sorted(traced(by_dvc)), change
            assert left_by(by_flow) == left_by(by_dvc), change
