"""Detect pickles, whatever their names: a file is parsed opcode by opcode, and nothing of it is run."""

import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

NAMES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth")
HEADS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""First bytes of a pickle since protocol 2; older pickles have none, and newer ones load without them."""
NAMED = {"GLOBAL", "INST"}
"""Opcodes that are followed by the import, two lines of text."""
STACKED = "STACK_GLOBAL"
"""Opcode that imports what is on the stack."""
IMPORTS = {STACKED, "EXT1", "EXT2", "EXT4"}
"""Opcodes that import. A pickle imports what it calls: without an import, a call opcode may be a letter of a text."""
PERSISTENT = {"PERSID", "BINPERSID"}
"""Opcodes at which `pickle.load` fails; a zip archive begins with the letter of the first."""
IMPORTED = re.compile(r"[^\W\d][\w.]* [^\W\d][\w.]*")
MANY = 100_000  # opcodes; no other file parses as so many


def has_name(name: str) -> bool:
    """Return whether a file has a pickle's name."""
    return name.lower().endswith(NAMES)


def is_pickle(path: Path) -> bool:
    """Return whether a file is a pickle, or an archive that holds one."""
    with path.open("rb") as file:
        marked = file.read(2) in HEADS
        file.seek(0)
        if marked or _reads_as_one(file):
            return True
    return any(has_name(name) for name in _members(path))


def _reads_as_one(file: IO[bytes]) -> bool:
    """Return whether the file parses as opcodes, up to an import or to its end."""
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if opcode.name in PERSISTENT or (opcode.name == STACKED and count == 0):  # empty stack: a NumPy array
                return False
            if opcode.name in NAMED:
                return bool(IMPORTED.fullmatch(str(argument)))
            if opcode.name in IMPORTS or count > MANY:
                return True
    except ValueError:  # not an opcode: `pickle.load` fails here too, before it calls anything
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
