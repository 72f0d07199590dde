"""Locks as plain dicts, as DVC's own dumper writes them, and as hypothesis draws them."""

import json
from typing import Any

from dvc.utils.serialize import dumps_yaml
from hypothesis import settings
from hypothesis import strategies as st

from lockstep.versioning.merging.stages import Entry
from lockstep.versioning.merging.text import split

LAW = settings(deadline=None, max_examples=50)


def md5(number: int) -> str:
    return f"{number:032x}"


def entry(
    read: dict[str, int] | tuple[Any, ...] = (),
    made: dict[str, int] | tuple[Any, ...] = (),
    params: dict[str, int | str] | tuple[Any, ...] = (),
    cmd: list[str] | str = "run",
) -> dict[str, Any]:
    """One stage as dvc.lock has it: paths and numbers of hashes."""
    found = {"cmd": cmd}
    if read:
        found["deps"] = [_pin(path, number) for path, number in dict(read).items()]
    if params:
        found["params"] = {"params.yaml": dict(params)}
    if made:
        found["outs"] = [_pin(path, number) for path, number in dict(made).items()]
    return found


def _pin(path: str, number: int) -> dict[str, int | str]:
    return {"path": path, "hash": "md5", "md5": md5(number), "size": number}


def text(stages: dict[str, dict[str, Any]]) -> str:
    # Copied piece by piece: the dumper writes an object that it meets twice as an alias, which DVC never gives it.
    return dumps_yaml({"schema": "2.0", "stages": json.loads(json.dumps(stages))}) if stages else ""


def stages(mapping: dict[str, dict[str, Any]]) -> dict[str, Entry]:
    return split(text(mapping)).stages


NAMES = ("a", "b@1", "1", "yes: no", "ü")
PATHS = ("data/x", "data/y", "src/code.py", "data/x/part")
_pins = st.dictionaries(st.sampled_from(PATHS), st.integers(0, 4), max_size=3)
entries = st.builds(
    entry,
    _pins,
    _pins,
    st.dictionaries(st.sampled_from(["p", "q"]), st.one_of(st.integers(0, 2), st.text(max_size=4)), max_size=2),
    st.sampled_from(["run", "run 'a: b' # c", ["one", "two: 2"], "a long command " * 12, "two\nlines\n"]),
)


@st.composite
def edits(draw: Any, lock: Any) -> Any:
    """An edited copy: stages changed, added, removed."""
    changed = draw(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), entries), max_size=4))
    edited = {**lock, **changed}
    return {name: one for name, one in edited.items() if one is not None}


locks = st.dictionaries(st.sampled_from(NAMES), entries, max_size=5)


@st.composite
def versions(draw: Any) -> Any:
    """A lock and two edits of it."""
    base = draw(locks)
    return base, draw(edits(base)), draw(edits(base))
