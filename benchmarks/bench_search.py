"""The search against the textbook's objective, and against FLAML: seconds, trials, score on unseen rows.

    LOCKSTEP_DATA=folder-of-telco.csv python benchmarks/bench_search.py
    python benchmarks/bench_search.py --trials 0 --seconds 3 --data wine     # one data set, a smaller budget

The textbook's objective is `cross_val_score(XGBClassifier(...), cv=5)` over learning rate, depth and the number of
trees (100 to 1000), as in Optuna's examples; on one thread, as ours on so few rows, for two are slower wherever others
use the machine. First the same number of trials for both, in seconds of the processor, which others do not touch; then
the same seconds of the wall for all, on data that scikit-learn has or makes. Everyone searches the same rows and is
fitted again on all of them with the best trial's hyperparameters; ours for the mean number of rounds of that trial,
more by as much as there are more rows.
FLAML is a peer where it is installed; where it is not, the output says so.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn import datasets, metrics
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score, train_test_split
from xgboost import XGBClassifier, XGBRegressor

from lockstep.core.spec import read_document
from lockstep.learners.registry import learner
from lockstep.learners.spec import Budget, LearnerSpec, Part, predict
from lockstep.params.pipeline.tune import TuneSpec
from lockstep.pipeline.tune.objective import Candidate, Objective, PreparedFold
from lockstep.pipeline.tune.search import Study, search
from lockstep.pipeline.tune.storage import place
from lockstep.tasks.registry import task
from lockstep.tasks.task import Output

TRIALS, SECONDS = 20, 12
FOLDS = 3
ROUNDS, PATIENCE = 1000, 30
WANTED = 20.0  # times faster, for the same number of trials
SPACE = TuneSpec.model_validate(read_document(Path(__file__).parents[1] / "params.yaml")["tune"]).space
SPACE |= {"ridge": {"alpha": SPACE["logistic"]["C"]}}
METRIC: dict[str, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
SCORING: dict[str, str] = {
    "binary": "roc_auc",
    "multiclass": "neg_log_loss",
    "regression": "neg_root_mean_squared_error",
}


@dataclass(frozen=True)
class Data:
    """Rows for search and fit, and test rows for the final score."""

    name: str
    task: str
    train: Part
    test: Part

    @property
    def output(self) -> Output:
        """What is predicted."""
        return task(self.task).output

    @classmethod
    def split(cls, name: str, kind: str, matrix: Any, label: Any) -> "Data":
        """Hold a fifth of the rows back."""
        parts = train_test_split(
            np.asarray(matrix, np.float32),
            np.asarray(label, float),
            test_size=0.2,
            random_state=0,
            stratify=None if kind == "regression" else label,
        )
        return cls(name, kind, Part(parts[0], parts[2]), Part(parts[1], parts[3]))

    def score(self, prediction: np.ndarray) -> float:
        """Return the score on the test rows; higher is better."""
        y = self.test.label
        if self.task == "binary":
            return float(metrics.roc_auc_score(y, prediction))
        if self.task == "multiclass":
            return -float(metrics.log_loss(y, prediction))
        return -float(metrics.root_mean_squared_error(y, prediction))

    def shortfall(self, prediction: np.ndarray) -> float:
        """Return the distance of the test score from the best possible score, at least a tiny number."""
        return max((1.0 if self.task == "binary" else 0.0) - self.score(prediction), 1e-6)


class Clock:
    """Seconds since it was made: of the wall, and of the processor."""

    def __init__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both."""
        return time.perf_counter() - self._started[0], time.process_time() - self._started[1]


@dataclass(frozen=True)
class Outcome:
    """Duration, number of trials, and result."""

    seconds: float
    processor: float
    """Seconds that this process has worked."""
    trials: int
    prediction: np.ndarray


def ours(data: Data, estimators: Sequence[str], trials: int, seconds: float | None = None) -> Outcome:
    """Search and fit as the stages do, the folds' preparation and the study's file in the time."""
    started = Clock()
    spec = TuneSpec(trials=trials, metric=METRIC[data.task], estimators=tuple(estimators), space=SPACE)
    # A tenth is for the fit on all rows.
    spec = spec.model_copy(update={"timeout": timedelta(seconds=seconds * 0.9) if seconds else None})
    classes = int(data.train.label.max()) + 1
    objective = Objective(
        candidates={name: candidate(learner(name), data) for name in estimators},
        folds=FOLDS,
        space={name: SPACE[name] for name in estimators},
        metric=task(data.task).search_metric(METRIC[data.task], classes),
        budget=Budget(ROUNDS, PATIENCE),
        seed=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        result = search(objective, spec, Study("bench", place(None, Path(folder), "bench"), Path(folder) / "workers"))
    best = result.best
    model = learner(best.estimator)
    one = Part(data.train.matrix[:1], data.train.label[:1])  # nothing is stopped early: it is not looked at
    fold = model.prepare(data.train, one, data.output)
    rounds = round((best.rounds or 1) * FOLDS / (FOLDS - 1))  # the more rows, the later boosting overfits
    fitted = model.fit(fold, best.params, Budget(rounds, rounds), 0)
    prediction = predict(fitted.estimator, data.test.matrix, data.output)
    return Outcome(*started.read(), len(result.trials), prediction)


def candidate(model: LearnerSpec, data: Data) -> Candidate:
    """Return a learner on folds that are made when they are asked for."""
    kind = KFold if data.task == "regression" else StratifiedKFold
    rows = list(kind(FOLDS, shuffle=True, random_state=0).split(data.train.matrix, data.train.label))
    made: dict[int, PreparedFold] = {}

    def fold(number: int) -> PreparedFold:
        if number not in made:
            parts = [Part(data.train.matrix[chosen], data.train.label[chosen]) for chosen in rows[number]]
            made[number] = PreparedFold(model.prepare(*parts, data.output, coarse=True), parts[1].label)
        return made[number]

    return Candidate(model, fold)


def textbook(data: Data, trials: int | None, seconds: float | None = None) -> Outcome:
    """Search with the textbook's objective."""
    started = Clock()
    kind = XGBRegressor if data.task == "regression" else XGBClassifier
    label = data.train.label if data.task == "regression" else data.train.label.astype(int)

    def objective(trial: optuna.Trial) -> float:
        params = {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 10),
            "n_estimators": trial.suggest_int("n_estimators", 100, 1000),
        }
        return float(
            cross_val_score(kind(**params, n_jobs=1), data.train.matrix, label, cv=5, scoring=SCORING[data.task]).mean()
        )

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=trials, timeout=seconds)
    model = kind(**study.best_params, n_jobs=1).fit(data.train.matrix, label)
    prediction = predict(model, data.test.matrix, data.output)
    return Outcome(*started.read(), len(study.trials), prediction)


def flaml(data: Data, seconds: float) -> Outcome | None:
    """Search with FLAML, or return None where it is not installed."""
    try:
        from flaml import AutoML
    except ImportError:
        return None
    started = Clock()
    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[data.task]
    automl = AutoML()
    automl.fit(
        data.train.matrix,
        data.train.label if data.task == "regression" else data.train.label.astype(int),
        task="regression" if data.task == "regression" else "classification",
        metric=metric,
        time_budget=seconds,
        verbose=0,
        seed=0,
    )
    prediction = predict(automl, data.test.matrix, data.output)
    return Outcome(*started.read(), len(automl.config_history), prediction)


def standard_error(data: Data, one: np.ndarray, other: np.ndarray, resamples: int = 200) -> float:
    """Return the spread of the difference of two scores over resamples of the test rows."""
    rng = np.random.default_rng(0)
    rows = len(data.test.label)
    gaps = []
    for _ in range(resamples):
        chosen = rng.integers(0, rows, rows)
        part = Part(data.test.matrix[chosen], data.test.label[chosen])
        if data.task != "regression" and len(np.unique(part.label)) < len(np.unique(data.test.label)):
            continue
        resampled = Data(data.name, data.task, data.train, part)
        gaps.append(resampled.score(one[chosen]) - resampled.score(other[chosen]))
    return float(np.std(gaps))


def same_trials(data: Data, trials: int) -> None:
    """Print seconds and scores of the same number of trials, of one estimator and of two together."""
    theirs = textbook(data, trials)
    print(f"  {data.name:<12} {'textbook':<18} {theirs.processor:7.1f} s  AUC {data.score(theirs.prediction):.4f}")
    searched: tuple[list[str], ...] = (["xgboost"], ["xgboost", "logistic"])
    for estimators in searched:
        mine = ours(data, estimators, trials)
        ratio, score = theirs.processor / mine.processor, data.score(mine.prediction)
        gap = score - data.score(theirs.prediction)
        error = standard_error(data, mine.prediction, theirs.prediction)
        kept = "kept" if ratio >= WANTED and gap >= -error else "MISSED"
        print(
            f"  {'':<12} {', '.join(estimators):<18} {mine.processor:7.1f} s  AUC {score:.4f}"
            f"  ({gap:+.4f}, standard error {error:.4f})  {ratio:5.1f} times faster: {kept}",
            flush=True,
        )


def same_seconds(data: Data, seconds: float) -> dict[str, bool]:
    """Print the scores that the same seconds reach; return against whom ours is at least as good."""
    linear: str = "ridge" if data.task == "regression" else "logistic"
    estimators: list[str] = ["lightgbm", linear]  # what is quickest on so few rows
    mine = ours(data, estimators, 100_000, seconds)
    peers = {"textbook": textbook(data, None, seconds), "FLAML": flaml(data, seconds)}
    score = data.score(mine.prediction)
    print(f"  {data.name:<16} {METRIC[data.task]:<9} {'ours':<9} {_line(score, mine)}")
    kept = {}
    for name, peer in peers.items():
        if peer is None:
            continue
        gap = score - data.score(peer.prediction)
        error = standard_error(data, mine.prediction, peer.prediction)
        verdict = "better" if gap > error else "WORSE" if gap < -error else "alike"
        ratio = data.shortfall(mine.prediction) / data.shortfall(peer.prediction)
        line = _line(data.score(peer.prediction), peer)
        print(
            f"  {'':<16} {'':<9} {name:<9} {line} {ratio:11.3f} {mine.seconds / peer.seconds:10.2f}  {verdict}",
            flush=True,
        )
        kept[name] = verdict != "WORSE"
    return kept


def _line(score: float, outcome: Outcome) -> str:
    return f"{abs(score):8.4f} {outcome.trials:7} {outcome.seconds:7.1f}"


def telco() -> Data | None:
    """Return the telecom operator's customers, categories as columns of 0 and 1."""
    folder = os.environ.get("LOCKSTEP_DATA")
    if not folder:
        return None
    frame = pd.read_csv(Path(folder) / "telco.csv").drop(columns="customerID")
    frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce").fillna(0)  # no month yet
    label = (frame.pop("Churn") == "Yes").astype(int)
    return Data.split("telco", "binary", pd.get_dummies(frame, dtype=float), label)


def standard(name: str | None) -> list[Data]:
    """Return data that scikit-learn ships or makes, of all tasks, and telco's customers; or the one of that name."""
    made: dict[str, tuple[str, Callable[[], tuple[Any, Any]]]] = {
        "breast cancer": ("binary", lambda: datasets.load_breast_cancer(return_X_y=True)),
        "hastie": ("binary", lambda: datasets.make_hastie_10_2(8000, random_state=0)),
        "classification": (
            "binary",
            lambda: datasets.make_classification(6000, 30, n_informative=8, flip_y=0.1, random_state=0),
        ),
        "wine": ("multiclass", lambda: datasets.load_wine(return_X_y=True)),
        "digits": ("multiclass", lambda: datasets.load_digits(return_X_y=True)),
        "diabetes": ("regression", lambda: datasets.load_diabetes(return_X_y=True)),
        "friedman 1": ("regression", lambda: datasets.make_friedman1(4000, noise=1.0, random_state=0)),
    }
    if name is not None and name not in (*made, "telco"):
        raise SystemExit(f"--data: expected one of {', '.join((*made, 'telco'))}; got {name!r}")
    found = [split(key, *made[key]) for key in made if name in (None, key)]
    customers = telco() if name in (None, "telco") else None
    if name == "telco" and customers is None:
        raise SystemExit("--data telco: LOCKSTEP_DATA is not set to the folder of telco.csv")
    return [*found, *filter(None, (customers,))]


def split(name: str, kind: str, make: Callable[[], tuple[Any, Any]]) -> Data:
    """Return made data, split; Hastie's classes are -1 and 1."""
    matrix, label = make()
    return Data.split(name, kind, matrix, (label > 0) * 1 if name == "hastie" else label)


def arguments() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description="The search against the textbook's objective and FLAML.")
    parser.add_argument("--trials", type=int, default=TRIALS, help="of the first comparison; 0: leave it out")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the second comparison; 0: leave it out")
    parser.add_argument("--data", help="one data set of the second comparison, by its name")
    return parser.parse_args()


def main() -> None:
    """Measure."""
    asked = arguments()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    # What every process does once is no part of either.
    warm = Data.split("warm", "binary", *datasets.make_classification(200, 5, random_state=0))
    ours(warm, ["xgboost"], 1)
    textbook(warm, 1)
    if asked.trials:
        print(
            f"the same {asked.trials} trials, at least {WANTED:g} times faster at no less AUC (by one standard error)"
        )
        large = datasets.make_classification(15_000, 40, random_state=0)
        for data in filter(None, (telco(), Data.split("15,000 x 40", "binary", *large))):
            same_trials(data, asked.trials)
    if asked.seconds:
        compare(standard(asked.data), asked.seconds)


def compare(data_sets: list[Data], seconds: float) -> None:
    """Print the table of the same seconds, and on how many data sets ours is at least as good."""
    if find_spec("flaml") is None:
        print("FLAML is not installed (pip install 'flaml[automl]'): it is NOT compared with")
    print(f"the same {seconds:g} s; error ratio: 1 - AUC, log loss or RMSE, ours by theirs, below 1 is better;")
    print("`alike`: within one standard error of the gap")
    header = f"  {'data set':<16} {'metric':<9} {'search':<9} {'on test':>8} {'trials':>7} {'s':>7}"
    print(f"{header} {'error ratio':>11} {'time ratio':>10}")
    kept = [same_seconds(data, seconds) for data in data_sets]
    for name in kept[0]:
        print(f"at least as good as {name} on {sum(one[name] for one in kept)} of {len(kept)} data sets")


if __name__ == "__main__":
    main()
