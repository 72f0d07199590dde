"""Forks `lockstep` and `dvc` from a process that has imported everything: `python -m tests.fork_server FOLDER`.

A command is a process of its own, with its own exit code, output, environment and signals, that did not have to import.
The server ends when nobody holds the lock `FOLDER/alive` any more. Tests use it through `tests.commands`.
"""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

LEFT_OUT = ("lockstep.registry", "lockstep.orchestrate", "lockstep.pipeline.track")  # MLflow and Prefect: seconds each
LIBRARIES = [
    "duckdb", "ibis.backends.duckdb", "ibis.expr.types", "matplotlib.backends.backend_svg", "matplotlib.figure",
    "onnx", "onnxmltools", "onnxmltools.convert.xgboost.operator_converters.XGBoost", "onnxruntime", "optuna",
    "pandas", "pandera", "pandera.io", "pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet",
    "scipy.optimize", "scipy.special", "scipy.stats", "skl2onnx", "skops.io", "sklearn.calibration",
    "sklearn.compose", "sklearn.ensemble", "sklearn.impute", "sklearn.isotonic", "sklearn.linear_model",
    "sklearn.metrics", "sklearn.model_selection", "sklearn.pipeline", "sklearn.preprocessing", "sklearn.tree",
    "sqlalchemy.dialects.sqlite", "xgboost", "dvc.cli", "dvc.cli.parser", "dvc.config_schema", "dvc.dvcfile",
    "dvc.output", "dvc.repo.checkout", "dvc.repo.commit", "dvc.repo.experiments", "dvc.repo.fetch",
    "dvc.repo.reproduce", "dvc.repo.status", "dvc.stage.run", "dvc.stage.utils", "dvc.utils.serialize",
]  # fmt: skip
COMMANDS = {"lockstep": "lockstep.cli", "dvc": "dvc.cli"}
LOOK = 1.0  # seconds between two looks whether anybody is left


def main(folder: Path) -> None:
    """Import everything, then serve until nobody is left."""
    _import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(folder / "starting.socket"))
        listener.listen(64)
        listener.settimeout(LOOK)
        (folder / "starting.socket").rename(folder / "socket")
        while not _is_over(folder):
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                _answer(connection)
            connection.close()
    shutil.rmtree(folder)


def _import_everything() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(importlib.import_module("lockstep").__path__, "lockstep."):
        if not module.name.startswith(LEFT_OUT):
            with contextlib.suppress(ModuleNotFoundError):  # an extra that is not installed
                importlib.import_module(module.name)
    importlib.import_module("dvc.cli.parser").get_main_parser()
    run = importlib.import_module("dvc.stage.run")
    run._run = _run_of_a_stage(run._run)
    gc.collect()
    gc.freeze()  # what is imported is not looked at again, so that its pages stay shared


def _is_over(folder: Path) -> bool:
    with (folder / "alive").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _answer(connection: socket.socket) -> NoReturn:
    """Start the command that is asked for, tell its process id, and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, files, _, _ = socket.recv_fds(connection, 1 << 20, 2)
    asked = json.loads(text)
    if (pid := os.fork()) == 0:
        become(asked["command"], asked["folder"], asked["environment"], files)
    for file in files:
        os.close(file)
    connection.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def become(
    command: Sequence[str], folder: str, environment: Mapping[str, str], files: Sequence[int] = (1, 2)
) -> NoReturn:
    """Be that command, in a process that was forked for it: nothing is inherited but output, errors and modules."""
    atexit._clear()  # what the process that forked has to do at its end is not this one's
    for file, standard in zip(files, (1, 2), strict=True):
        os.dup2(file, standard)
    os.closerange(3, 1 << 12)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = list(command)
    sys.modules["__main__"] = types.ModuleType("__main__")  # or else Click takes this module for the program
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code: Any = 1
    try:
        code = importlib.import_module(COMMANDS[command[0]]).main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 # as an interpreter ends
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _run_of_a_stage(original: Any) -> Any:
    """Let DVC fork the commands of stages, as it would start them."""
    from dvc.stage.exceptions import StageCmdFailedError

    def run(executable: str, cmd: str, *, cwd: str, env: Mapping[str, str], **other: Any) -> None:
        words = shlex.split(cmd)
        if words[:2] != ["lockstep", "stage"]:
            original(executable, cmd, cwd=cwd, env=env, **other)
            return
        sys.stdout.flush()
        sys.stderr.flush()
        if (pid := os.fork()) == 0:
            become(words, cwd, env)
        _, status = os.waitpid(pid, 0)
        if code := os.waitstatus_to_exitcode(status):
            raise StageCmdFailedError(cmd, code)

    return run


if __name__ == "__main__":
    main(Path(sys.argv[1]))
