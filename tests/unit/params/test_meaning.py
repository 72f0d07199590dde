"""Every key of params.yaml has a meaning, and an unknown key is not an error."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockstep.core.spec import Spec
from lockstep.params.document import Params
from lockstep.params.meaning import described, meaning

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "params.yaml", *sorted(ROOT.glob("examples/*/params.yaml"))]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def reachable(kind: Any) -> Iterator[type[Spec]]:
    """Yield the specs that a value of a type may be made of."""
    if isinstance(kind, type) and issubclass(kind, Spec):
        yield kind
        for field in kind.model_fields.values():
            yield from reachable(field.annotation)
    for argument in get_args(kind):
        yield from reachable(argument)


def leaves(value: Any, key: str) -> Iterator[str]:
    """Yield the dotted keys of all that is neither a mapping nor a list, and of those that are empty."""
    inner = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
    for name, below in inner.items():
        yield from leaves(below, f"{key}.{name}" if key else str(name))
    if not inner:
        yield key


FIELDS = [(spec, field) for spec in dict.fromkeys(reachable(Params)) for field in spec.model_fields]


@pytest.mark.parametrize(("spec", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_described(spec: type[Spec], field: str) -> None:
    """One short sentence for one line of a review."""
    text = described(spec)[field]
    assert 3 <= len(text) <= 140
    assert text.endswith(".")
    assert not text.endswith("..")
    assert text.isprintable()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_key_of_a_real_file_has_a_meaning(file: Path) -> None:
    keys = list(leaves(yaml.safe_load(file.read_text(encoding="utf-8")), ""))
    assert len(keys) > 50
    assert [key for key in keys if meaning(key) is None] == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_that_a_stage_reads_has_a_meaning(stage: str) -> None:
    """Sections, and the keys that a stage reads under an alias, such as train.estimator."""
    assert [key for key in STAGES[stage]["params"] if isinstance(key, str) and meaning(key) is None] == []


MEANINGS = [
    ("seed", "Random seed"),
    ("tune", "The search"),
    ("tune.trials", "number of trials"),
    ("train.estimator", "tuned: the best"),
    # A field of a section that may be missing, and one of a section within a section.
    ("problem.eligible.within", "and the cutoff"),
    ("drift.min_effect.psi", "Population stability index"),
    ("promote.margin", "the champion"),
    # The label is of one of two kinds; both have a column.
    ("problem.label.event", "Event table of the label"),
    ("problem.label.positive", "that is 1"),
    ("problem.label.column", "adds up. Label column"),
    # Names that the file makes up.
    ("train.params.max_depth", "that the search found"),
    ("evaluate.gates.min.roc_auc", "minimum"),
    ("features.aggregates.orders", "Event table -> column"),
    ("features.aggregates.orders.3", "Event table -> column"),
    ("features.aggregates.orders.amount.0", "Event table -> column"),
    ("features.expressions.orders per day", "formula"),
    ("tune.space.xgboost", "Estimator -> hyperparameter"),
    ("tune.space.xgboost.learning_rate", "Estimator -> hyperparameter"),
    ("tune.space.xgboost.learning_rate.low", "Smallest value"),
    ("tune.space.xgboost.grow_policy.choices.1", "for type: choice"),
    ("source.tables.orders", "Table -> "),
    ("source.tables.orders.kind", "entity: "),
    ("source.tables.orders.file", "How to read"),
    ("source.tables.orders.file.columns.0", "Names of all columns"),
    # No field of its own below such a name: as the field around it.
    ("source.tables.orders.columns.x", "Table -> "),
    # Dots in such a name.
    ("features.expressions.orders.per.day", "formula"),
    ("features.aggregates.shop.orders.amount.0", "Event table -> column"),
    ("train.params.", "that the search found"),
    # Lists: of values, of sections, of lists.
    ("features.windows.2", "Lengths of time"),
    ("tune.start.0", "Points to try first"),
    ("tune.start.12.estimator", "the point"),
    ("tune.start.0.params.C", "value to try"),
    ("train.constraints.interactions.0.1", "Groups of features"),
]


@pytest.mark.parametrize(("key", "part"), MEANINGS)
def test_a_key_has_the_meaning_of_its_innermost_field(key: str, part: str) -> None:
    assert part in (meaning(key) or "")


UNKNOWN = [
    "",
    ".",
    "....",
    "sed",
    "seed.x",
    "Seed",
    " seed",
    "tune.",
    ".tune",
    "tune..trials",
    "tune.trial",
    "tune.trials.0",
    "tune.start.first",
    "tune.start.0.seed",
    "tune.start.-1",
    "features.windows.0.1",
    "problem.label.colour",
    "split.model_fields",
    "split.__class__",
    "model_config",
    "größe",
    "\N{ZERO WIDTH SPACE}seed",
    "\ud800",
    "seed\x00",
    "a" * 1_000_000,
    "." * 1_000_000,
    "tune" + ".tune" * 200_000,
]


@pytest.mark.parametrize("key", UNKNOWN, ids=lambda key: repr(key[:20]))
def test_a_key_that_the_file_cannot_have_means_nothing(key: str) -> None:
    assert meaning(key) is None


def test_a_name_may_be_very_long() -> None:
    """Names come from an untrusted branch: the depth of the walk is that of the specs, whatever the dots."""
    assert meaning("train.params" + ".a" * 500_000) == meaning("train.params")
    assert meaning("tune.space.xgboost" + ".a" * 500_000) == meaning("tune.space")


PARTS = [*sorted({name for _, name in FIELDS}), "", "0", "7", "٣", "²", "orders", "\ud800", "__init__"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map(".".join)))
def test_no_key_is_an_error(key: str) -> None:
    found = meaning(key)
    assert found is None or found


def test_without_its_source_the_package_describes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> str:
        raise OSError("could not get source code")

    monkeypatch.setattr(inspect, "getsource", none)
    assert described.__wrapped__(Params) == {}
