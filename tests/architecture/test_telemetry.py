"""Prefect sends telemetry when it is imported in a terminal, unless DO_NOT_TRACK is set before."""

import os
import subprocess
import sys

import pytest

from tests.e2e.project import ROOT

SCRIPT = """
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "prefect":
            sys.exit(0 if os.environ.get("DO_NOT_TRACK") == "1" else 1)
sys.meta_path.insert(0, Watch())
import runpy
runpy.run_module(sys.argv[1], run_name="__main__")
sys.exit(2)
"""
"""Ends with the first import of Prefect."""


@pytest.mark.parametrize("module", ["flows.pipeline", "flows.retraining", "lockstep.orchestrate.serve"])
def test_it_is_off_before_prefect_is_imported(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DO_NOT_TRACK"}
    done = subprocess.run([sys.executable, "-c", SCRIPT, module], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
