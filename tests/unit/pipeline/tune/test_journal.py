"""The journal of a study: unfinished lines of killed workers, and files that are not a journal."""

from pathlib import Path

import optuna
import pytest

from lockstep.core.errors import LockstepError
from lockstep.pipeline.tune.storage import open_journal


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "study.journal"
    study = optuna.create_study(study_name="one", storage=open_journal(path))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    return path


def trials(path: Path) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name="one", storage=open_journal(path)).trials


def test_it_outlives_its_worker(journal: Path) -> None:
    assert [trial.value for trial in trials(journal)] == [trial.params["x"] for trial in trials(journal)]
    assert len(trials(journal)) == 3


@pytest.mark.parametrize("left", [1, 20, 60])
def test_a_line_that_was_being_written_is_dropped_and_the_study_goes_on(journal: Path, left: int) -> None:
    whole = journal.read_bytes()
    last = whole[:-1].rpartition(b"\n")[2]
    journal.write_bytes(whole + last[:left])
    assert len(trials(journal)) == 3
    optuna.load_study(study_name="one", storage=open_journal(journal)).optimize(lambda _: 1.0, n_trials=2)
    assert len(trials(journal)) == 5


NO_JOURNALS = [b"no journal\nat all\n", b'{"op_code": 0}\n{}\n', b"\xff\xfe\n\xff\n", b"[]\n[]\n"]


@pytest.mark.parametrize("content", NO_JOURNALS)
def test_what_is_no_journal_is_refused_with_what_to_do(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    path.write_bytes(content)
    with pytest.raises(
        LockstepError, match=r"study\.journal: expected the journal of a search.*\n.*lockstep stage tune"
    ):
        open_journal(path)
    assert path.read_bytes() == content
