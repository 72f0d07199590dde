"""Locks written as plain dicts, and as hypothesis draws them."""

from typing import Any

from hypothesis import strategies as st

from lockstep.versioning.lockfile.lock import Execution, Lock, Pin


def md5(number: int) -> str:
    return f"{number:032x}"


def lock(**stages: tuple[dict[str, int], dict[str, int]]) -> Lock:
    """`lock(train=({"data/x": 1}, {"data/y": 2}))`: stage -> what it read, what it made, by path and number."""
    return Lock(
        tuple(Execution(name, f"run {name}", _pins(read), (), _pins(made)) for name, (read, made) in stages.items())
    )


def _pins(numbers: dict[str, int]) -> tuple[Any, ...]:
    return tuple(Pin(path, md5(number)) for path, number in numbers.items())


@st.composite
def locks(draw: Any) -> Lock:
    """Any pipeline: each stage makes one path, and reads paths that may be stale, parts of others, or nobody's."""
    stages, made = {}, []
    for index in range(draw(st.integers(1, 6))):
        read = {}
        for path, number in draw(st.lists(st.sampled_from(made), unique=True)) if made else []:
            kind = draw(st.sampled_from(["as made", "as made", "stale", "part"]))
            read |= {path: number if kind == "as made" else 99} if kind != "part" else {f"{path}/part": 77}
        read |= draw(st.sampled_from([{}, {"code.py": 500}, {"data/given": 501}]))
        out = (f"data/{index}", draw(st.integers(1, 5)))
        made.append(out)
        stages[f"s{index}"] = (read, dict([out]))
    return lock(**stages)
