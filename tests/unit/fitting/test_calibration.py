"""Calibration: it improves probabilities, keeps their order, and the exported curve is the fitted one."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.metrics import log_loss, roc_auc_score

from lockstep.fitting import calibration
from lockstep.fitting.calibration import Calibrator, Line, Sigmoid, fit

METHODS = ["sigmoid", "isotonic"]


def expit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def draw(rng: np.random.Generator, rows: int, slope: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what a model says whose log-odds are off by a factor and a shift, and what happens."""
    truth = rng.normal(-1, 1.5, rows)
    return expit(slope * truth + shift), (rng.random(rows) < expit(truth)).astype(float)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("slope", "shift"), [(3.0, 0.0), (0.3, 0.0), (1.0, 2.0)])
def test_probabilities_that_are_off_are_mended(method: str, slope: float, shift: float) -> None:
    rng = np.random.default_rng(3)
    said, happened = draw(rng, 4000, slope, shift)
    new, truth = draw(rng, 20_000, slope, shift)
    mended = fit(method, said, happened).apply(new)
    perfect = log_loss(truth, expit((np.log(new / (1 - new)) - shift) / slope))
    assert log_loss(truth, mended) < perfect + 0.01
    assert log_loss(truth, new) > perfect + 0.05


@pytest.mark.parametrize("method", METHODS)
def test_calibration_never_worsens_the_log_loss_on_new_rows_by_more_than_noise(method: str) -> None:
    """Of 200 perfectly calibrated models, which have all to lose: what it costs is bounded by what it must estimate.

    A curve of k free parameters costs k / 2n of log loss in the mean (Wilks, 1938): k = 2 for the sigmoid, at most one
    a bin for the isotonic one, fewer because the line may only rise.
    """
    rows, costs = 2000, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        said, happened = draw(rng, rows, 1, 0)
        new, truth = draw(rng, 20_000, 1, 0)
        costs.append(log_loss(truth, fit(method, said, happened).apply(new)) - log_loss(truth, new))
    parameters = 2 if method == "sigmoid" else calibration.BINS / 2
    noise = np.std(costs, ddof=1) / np.sqrt(len(costs))
    assert np.mean(costs) <= parameters / (2 * rows) + 3 * noise
    assert max(costs) < 10 * parameters / (2 * rows)


def test_the_sigmoid_is_platts() -> None:
    """scikit-learn fits the same curve with the same targets, to its own tolerance."""
    said, happened = draw(np.random.default_rng(5), 3000, 2, 0.5)
    peer = _SigmoidCalibration().fit(np.log(said / (1 - said)), happened)
    curve = fit("sigmoid", said, happened).curves[0]
    assert isinstance(curve, Sigmoid)
    assert curve.slope == pytest.approx(-peer.a_, rel=1e-3)
    assert curve.shift == pytest.approx(-peer.b_, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_rows_is_kept(method: str) -> None:
    said, happened = draw(np.random.default_rng(7), 3000, 2, 0.5)
    mended = fit(method, said, happened).apply(said)
    assert roc_auc_score(happened, mended) == pytest.approx(roc_auc_score(happened, said), abs=0.003)
    order = np.argsort(said)
    assert (np.diff(mended[order]) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_weights_count_like_rows(method: str) -> None:
    said, happened = draw(np.random.default_rng(9), 500, 1.5, 0)
    weight = np.random.default_rng(1).integers(1, 4, 500)
    repeated = fit(method, np.repeat(said, weight), np.repeat(happened, weight))
    weighed = fit(method, said, happened, weight.astype(float))
    grid = np.linspace(0.05, 0.95, 50)
    assert np.allclose(repeated.apply(grid), weighed.apply(grid), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_label_alone_gives_no_certainty(method: str, label: float) -> None:
    said = np.linspace(0.01, 0.99, 40)
    mended = fit(method, said, np.full(40, label)).apply(np.array([0.0, 0.5, 1.0]))
    assert ((mended > 0) & (mended < 1)).all()


@pytest.mark.parametrize("method", METHODS)
def test_predictions_that_are_all_the_same_are_mended_too(method: str) -> None:
    happened = np.repeat([1.0, 0.0], [30, 70])
    assert fit(method, np.full(100, 0.9), happened).apply(np.array([0.9]))[0] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_several_classes_add_up_to_one(method: str) -> None:
    rng = np.random.default_rng(2)
    said = rng.dirichlet([1, 2, 3], 900)
    label = np.array([rng.choice(3, p=row) for row in said])
    mended = fit(method, said, label.astype(float)).apply(said)
    assert np.allclose(mended.sum(axis=1), 1)
    assert log_loss(label, mended) < log_loss(label, said) + 0.01


def test_a_model_survives_writing_and_reading(tmp_path: Path) -> None:
    found = Calibrator(curves=(Sigmoid(slope=1.5, shift=-0.25), Line(x=(0.1, 0.5), y=(0.2, 0.4))))
    found.write(tmp_path)
    assert calibration.read(tmp_path) == found
    assert calibration.read(tmp_path / "elsewhere") is None
