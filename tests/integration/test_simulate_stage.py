"""Stage `simulate`: data/source/ is the same wherever and however it is made."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lockstep.core.progress import Progress
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.pipeline.simulate import sqlite_file
from lockstep.pipeline.simulate import stage as simulate


def inputs(**options: Any) -> simulate.Inputs:
    spec = SimulateSpec(customers=1200, months=4, start=date(2024, 1, 1)).model_copy(update=options)
    return simulate.Inputs(seed=7, simulate=spec)


def digests(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())}


def run(root: Path, **options: Any) -> Path:
    workspace = Workspace(root)
    simulate.run(inputs(**options), workspace, Progress("simulate"))
    return workspace.source


def test_the_bytes_depend_on_neither_process_nor_clock_nor_hash_seed_nor_threads_nor_cpu(tmp_path: Path) -> None:
    """Another time zone, locale, hash seed, number of threads and set of vector instructions; another folder too."""
    run(tmp_path / "here")
    elsewhere = tmp_path / "some where else"
    elsewhere.mkdir()
    code = (
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from lockstep.params.pipeline.simulate import SimulateSpec\n"
        "from lockstep.core.progress import Progress\n"
        "from lockstep.pipeline.simulate import stage as simulate\n"
        "from lockstep.core.workspace import Workspace\n"
        "spec = SimulateSpec(customers=1200, months=4, start=date(2024, 1, 1))\n"
        "simulate.run(simulate.Inputs(seed=7, simulate=spec), Workspace(Path()), Progress('simulate'))\n"
    )
    other = {
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "4711",
        "OMP_NUM_THREADS": "2",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512_SKX AVX512_ICL AVX512_SPR",
    }
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=elsewhere, env=os.environ | other, check=True)
    assert digests(elsewhere / "data" / "source") == digests(tmp_path / "here" / "data" / "source")


def test_the_account_is_what_the_database_holds(tmp_path: Path) -> None:
    source = run(tmp_path)
    told = json.loads((source / "simulation.json").read_text())
    assert told["enabled"] is True
    assert (told["start"], told["end"], told["covariate_drift_from"]) == ("2024-01-01", "2024-05-01", None)
    with sqlite3.connect(source / "shop.db") as connection:
        for name, table in told["tables"].items():
            assert connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (table["rows"],)
        negative = connection.execute("SELECT count(*) FROM orders WHERE amount < 0").fetchone()[0]
    assert negative == told["tables"]["orders"]["dirt"]["negative"]["rows"] > 0


def test_the_turning_points_are_reported() -> None:
    from lockstep.pipeline.simulate.database import Written
    from lockstep.pipeline.simulate.dirt import KINDS
    from lockstep.pipeline.simulate.stage import ground_truth
    from lockstep.pipeline.simulate.tables import TABLES

    nothing = {table.name: Written(0, dict.fromkeys(KINDS, 0)) for table in TABLES}
    told = ground_truth(SimulateSpec(), 7, nothing)
    assert (told["covariate_drift_from"], told["concept_drift_from"]) == ("2025-07-01", "2025-09-01")


def test_switched_off_it_says_so_and_leaves_no_database(tmp_path: Path) -> None:
    run(tmp_path)
    source = run(tmp_path, enabled=False)
    assert [path.name for path in source.iterdir()] == ["simulation.json"]
    assert json.loads((source / "simulation.json").read_text()) == {"enabled": False}


def test_an_interrupted_run_leaves_the_last_result_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests(run(tmp_path))

    def half(path: Path, *_: object) -> None:
        path.write_bytes(b"half a database")
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite_file, "write_file", half)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, customers=50)
    assert digests(tmp_path / "data" / "source") == before
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.endswith(".partial")] == []
