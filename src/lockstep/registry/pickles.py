"""Is a file a pickle, whatever it is called? It is read as one, opcode by opcode, and nothing of it is run."""

import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

NAMES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth")
HEADS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How a pickle begins, since protocol 2; an older one has no mark, and a newer one need not have it."""
NAMED = {"GLOBAL", "INST"}
"""What they import stands behind them as two lines."""
STACKED = "STACK_GLOBAL"
"""What it imports has been put on the stack before."""
IMPORTS = {STACKED, "EXT1", "EXT2", "EXT4"}
"""All that a pickle calls, it has imported before: a letter that would call, without that, is any text's."""
PERSISTENT = {"PERSID", "BINPERSID"}
"""Where `pickle.load` gives up; a zip archive begins with the letter of the first."""
IMPORTED = re.compile(r"[^\W\d][\w.]* [^\W\d][\w.]*")
MANY = 100_000  # opcodes that no other file happens to consist of


def has_name(name: str) -> bool:
    """Tell whether a file's name is one of a pickle."""
    return name.lower().endswith(NAMES)


def is_pickle(path: Path) -> bool:
    """Tell whether a file is a pickle, or an archive that holds one."""
    with path.open("rb") as file:
        marked = file.read(2) in HEADS
        file.seek(0)
        if marked or _reads_as_one(file):
            return True
    return any(has_name(name) for name in _members(path))


def _reads_as_one(file: IO[bytes]) -> bool:
    """Tell whether opcodes lead from the first byte to one that imports, or to the end of the file."""
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if opcode.name in PERSISTENT or (opcode.name == STACKED and count == 0):  # of nothing: an array of NumPy
                return False
            if opcode.name in NAMED:
                return bool(IMPORTED.fullmatch(str(argument)))
            if opcode.name in IMPORTS or count > MANY:
                return True
    except ValueError:  # not an opcode: `pickle.load` fails here too, and has called nothing so far
        return False
    return not file.read(1)


def _members(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return []
