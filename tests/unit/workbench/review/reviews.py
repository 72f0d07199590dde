"""Reviews made by hand: all parts; a stale lock with hostile names; two models that cannot be compared."""

from typing import Any

from lockstep.artifacts.evaluation import Importance, Reason
from lockstep.decisions.paired.result import Comparison, Contest, NotComparable, PairedLevel, PairedSegment, PairedTest
from lockstep.params.meaning import meaning
from lockstep.statistics.estimate import Estimate
from lockstep.workbench.review.data import Before, Dataset, Span, Table
from lockstep.workbench.review.kinds import kind_of
from lockstep.workbench.review.params import Change
from lockstep.workbench.review.results import Model, Results
from lockstep.workbench.review.review import Named, Review
from lockstep.workbench.review.shift import Shift, Shifted
from lockstep.workbench.review.stages import Stage
from lockstep.workbench.review.verdict import verdict

HOSTILE = (
    "<script>alert(1)</script>",
    "a|b",
    "`rm -rf`",
    "two\nlines",
    "\u202egnp.exe",
    "@octocat",
    "#123",
    "https://evil.example",
    "www.evil.example",
    "--> out",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "\x1b[31mred",
    "</details>",
    'x" onload="alert(1)',
    "${{ secrets.TOKEN }}",
    "::error::x",
    "[bold red]x[/]",
)
BASE, HEAD = "0123456789" * 4, "abcdef0123" * 4


def estimate(value: float, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def change(key: str, old: str | None, new: str | None) -> Change:
    kind, caution = kind_of(key)
    alarm, warning = (caution.alarm, caution.text) if caution else (None, None)
    return Change(key=key, old=old, new=new, meaning=meaning(key), kind=kind, alarm=alarm, warning=warning)


def model(score: Estimate, **more: Any) -> Model:
    plain = {
        "rows": 4210,
        "base_rate": 0.31,
        "main": "ROC AUC",
        "score": score,
        "gate": True,
        "baselines": {"constant": estimate(0.3, 0.28, 0.32), "last value": estimate(0.081, 0.06, 0.1)},
        "calibration_error": 0.021,
        "calibration_chance": 0.028,
        "bias": estimate(0.004, -0.002, 0.01),
        "threshold": 0.42,
        "cost": estimate(1.91, 1.8, 2.02),
        "reasons": (
            Reason(passed=True, text="ROC AUC 0.8100 is at least 0.7"),
            Reason(passed=False, judged=False, text="latency: not measured"),
        ),
    }
    return Model(**{**plain, **more})


def contest(name: str, title: str, first: float, second: float, gain: Estimate) -> Contest:
    return Contest(name=name, title=title, first=estimate(first), second=estimate(second), gain=gain)


def comparison(levels: tuple[Any, ...], **more: str | tuple[PairedSegment, ...]) -> Comparison:
    plain = {
        "task": "binary",
        "main": "roc_auc",
        "rows": 4105,
        "entities": 1390,
        "own_rows": (4210, 4333),
        "confidence": 0.95,
        "resamples": 1000,
        "min_effect": 0.002,
        "margin": 0.01,
        "verdict": "better",
        "reason": "",
        "contests": (
            contest("roc_auc", "ROC AUC", 0.8012, 0.81, estimate(0.0088, 0.0031, 0.0146)),
            contest("log_loss", "Log loss", 0.482, 0.4751, estimate(0.0069, -0.0004, 0.0141)),
        ),
        "tests": (
            PairedTest(name="DeLong", question="is the ROC AUC the same?", p_value=0.0021, found="z = 3.07"),
            PairedTest(
                name="McNemar", question="are as many rows right?", not_applicable="3 rows differ; 10 are needed"
            ),
        ),
        "segments": (PairedSegment(column="plan", omitted=0, levels=levels),),
    }
    return Comparison(**{**plain, **more})


def level(name: str | None, rows: int, gain: Estimate, standing: str) -> PairedLevel:
    return PairedLevel(level=name, rows=rows, gain=gain, standing=standing)


def review(
    params: tuple[Any, ...] = (),
    stages: tuple[Any, ...] = (),
    datasets: tuple[Any, ...] = (),
    shift: Shift | None = None,
    results: Results | None = None,
    left_out: tuple[Any, ...] = (),
) -> Review:
    results = results or Results()
    return Review(
        base=Named(name="main", commit=BASE),
        head=Named(name="churn-windows", commit=HEAD),
        verdict=verdict(stages, results),
        params=params,
        stages=stages,
        datasets=datasets,
        shift=shift,
        results=results,
        left_out=left_out,
    )


def better() -> Review:
    """Every part; the model is better as a whole, and worse on one segment."""
    importances = [
        tuple(Importance(name=name, permuted=value, alone=None) for name, value in side.items())
        for side in ({"orders_30d": 0.04, "tickets_90d": 0.01}, {"orders_30d": 0.05, "orders_mean_gap": 0.02})
    ]
    levels = (
        level("basic", 2950, estimate(0.014, 0.0071, 0.0209), "not worse"),
        level("premium", 1085, estimate(-0.0213, -0.0392, -0.004), "worse"),
        level(None, 12, Estimate(not_applicable="12 rows; at least 30 are needed"), "not judged"),
    )
    return review(
        params=(
            change("features.aggregates.orders.amount", '["sum", "mean"]', '["sum", "mean", "max"]'),
            change("evaluate.gates.min.roc_auc", "0.72", "0.7"),
            change("features.expressions.orders_mean_gap", None, '"30 / orders_order_id_count_30d"'),
            change("train.params.max_depth", "4", "6"),
        ),
        stages=(
            Stage(name="ingest", standing="unchanged"),
            Stage(name="features", standing="rerun", because=("features",), seconds=12.4),
            Stage(name="train", standing="rerun", because=("train.params.max_depth", "data/features"), seconds=340.0),
            Stage(name="evaluate", standing="rerun", because=("data/features", "data/models/model"), seconds=61.0),
        ),
        datasets=(
            Dataset(
                path="data/features",
                old="aa11bb22cc33dd44ee55ff6600112233.dir",
                new="bb11bb22cc33dd44ee55ff6600112233.dir",
                tables=(
                    Table(
                        name="train",
                        old=Before(rows=12345, span=Span(first="2024-10-31T00:00:00", last="2025-03-31T00:00:00")),
                        new=Before(rows=13000, span=Span(first="2024-10-31T00:00:00", last="2025-04-30T00:00:00")),
                        columns=("+ orders_mean_gap: double", "- tickets_90d"),
                    ),
                ),
            ),
            Dataset(path="data/raw", old=None, new="cc11bb22cc33dd44ee55ff6600112233.dir", left_out="not in the cache"),
        ),
        shift=Shift(
            same=False,
            rows=(12345, 13000),
            judged=31,
            added=("orders_mean_gap",),
            removed=("tickets_90d",),
            drifted=(Shifted(name="orders_30d", psi=0.213, reason="PSI 0.213, p < 0.0001"),),
        ),
        results=Results(
            old=model(estimate(0.8012, 0.787, 0.815), importances=importances[0]),
            new=model(estimate(0.81, 0.796, 0.824), importances=importances[1], rows=4333, threshold=0.39),
            comparison=comparison(levels),
            seed_noise=0.0101,
        ),
        left_out=("data/reports/evaluation/roc.csv of main is not in the cache",),
    )


def hostile() -> Review:
    """The lock is stale, and every name and value is one that a stranger chose."""
    levels = tuple(level(text, 99, estimate(-0.2, -0.3, -0.1), "worse") for text in HOSTILE)
    reasons = tuple(Reason(passed=False, text=text) for text in HOSTILE)
    importances = [
        tuple(Importance(name=name, permuted=value, alone=None) for name in HOSTILE[:9]) for value in (0.1, 0.2)
    ]
    return review(
        params=tuple(change(text, text, text[::-1]) for text in HOSTILE),
        stages=(
            Stage(name=HOSTILE[0], standing="to run", because=HOSTILE),
            *(Stage(name=text, standing="rerun", because=(text,)) for text in HOSTILE[1:]),
        ),
        datasets=tuple(
            Dataset(
                path="data/raw",
                old=text,
                new=text[::-1],
                left_out=text,
                tables=(Table(name=text, old=None, new=Before(rows=10**400), columns=(f"+ {text}: {text}",)),),
            )
            for text in HOSTILE
        ),
        shift=Shift(
            same=False,
            rows=(1, 2),
            judged=9,
            added=HOSTILE,
            removed=HOSTILE,
            drifted=tuple(Shifted(name=text, psi=None, reason=text) for text in HOSTILE),
        ),
        results=Results(
            old=model(estimate(0.8), importances=importances[0]),
            new=model(
                estimate(0.9),
                gate=True,
                reasons=reasons,
                main=HOSTILE[0],
                importances=importances[1],
                baselines={text: estimate(0.1) for text in HOSTILE},
            ),
            comparison=comparison(
                levels, segments=tuple(PairedSegment(column=text, omitted=0, levels=levels) for text in HOSTILE)
            ),
        ),
        left_out=HOSTILE,
    )


def incomparable() -> Review:
    """Another question; of the stages, one is DVC's to resolve."""
    return review(
        params=(
            change("problem.label.horizon", '"30d"', '"60d"'),
            change("seed", "7", '"7"'),
            change("card.owner", "null", None),
        ),
        stages=(
            Stage(name="features", standing="rerun", because=("problem",)),
            Stage(name="train", standing="not judged", because=("foreach",)),
            Stage(name="old", standing="removed"),
        ),
        results=Results(
            old=model(estimate(0.8, 0.78, 0.82)),
            new=model(
                estimate(0.7, 0.68, 0.72),
                gate=False,
                reasons=(Reason(passed=False, text="ROC AUC 0.7000 is below 0.72"),),
            ),
            not_comparable=NotComparable(reason="they predict different things: problem.label changed"),
        ),
    )
