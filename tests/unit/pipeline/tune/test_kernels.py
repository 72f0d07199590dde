"""What the search draws depends on the seed and the trials, not on the processor that sorts them."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.pipeline.tune.sampler import NumberedSampler

ROOT = Path(__file__).parents[4]

OLDER = {  # what a processor without wide vectors has NumPy and the C library do
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA",
    "OPENBLAS_CORETYPE": "Nehalem",
}

SCRIPT = """
import json
from tests.unit.pipeline.tune.test_kernels import trials
print(json.dumps(trials()))
"""


def trials() -> list[list[float]]:
    """Return what is drawn in searches with many equal values."""
    import optuna

    from lockstep.params.pipeline.tune import Range
    from lockstep.pipeline.tune.space import draw

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {
        "xgboost": {
            "max_depth": Range(type="int", low=2, high=5),
            "learning_rate": Range(low=0.02, high=0.3, log=True),
            "subsample": Range(low=0.5, high=1.0),
        }
    }

    def loss(trial: optuna.Trial) -> float:
        params = draw(trial, space).params
        drawn.append(list(params.values()))
        return round((params["max_depth"] - 4) ** 2 + params["subsample"] + 5 * params["learning_rate"], 6)

    drawn: list[list[float]] = []
    for seed in range(4):
        optuna.create_study(sampler=NumberedSampler("tpe", seed, {"xgboost": {}})).optimize(loss, n_trials=25)
    return drawn


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the switches are those of x86-64")
def test_an_older_processor_draws_the_same() -> None:
    found = []
    for environment in ({}, OLDER):
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)
        found.append(json.loads(done.stdout))
    assert len(found[0]) == 100
    assert found[0] == found[1]
