"""Which modules of the package a module imports, directly or through others, at run time; read, never imported."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

PACKAGE = "lockstep"
PIPELINE = "pipeline"
MODULE = "stage"


class Sources:
    """The package's modules under a folder; each is parsed once."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._imports: dict[str, tuple[str, ...]] = {}

    def closure(self, module: str) -> set[str]:
        """Return the module and everything of the package that it imports, imports inside functions too."""
        found: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            waiting += self.imports(name)
        return found

    def imports(self, module: str) -> tuple[str, ...]:
        """Return the package's modules that one module imports; imports for type checking do not run."""
        if module not in self._imports:
            self._imports[module] = tuple(self._parse(module))
        return self._imports[module]

    def file_of(self, module: str) -> Path | None:
        """Return the file of a module of the package, None for other names."""
        if module.split(".", maxsplit=1)[0] != PACKAGE:
            return None
        path = self.source.joinpath(*module.split("."))
        places = (path.with_suffix(".py"), path / "__init__.py")
        return next((place for place in places if place.is_file()), None)

    def code_of(self, stage: str) -> set[Path]:
        """Return the files and folders that decide what a stage does."""
        module = f"{PACKAGE}.{PIPELINE}.{stage}.{MODULE}"
        files = {file for name in self.closure(module) if (file := self.file_of(name))}
        folders = {folder for package in {file.parent for file in files} for folder in _data_folders(package)}
        # An empty __init__.py holds nothing that could change a result.
        return {file for file in files if file.stat().st_size} | folders

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages: the folders of the pipeline that hold a `stage.py`."""
        files = (self.source / PACKAGE / PIPELINE).glob(f"*/{MODULE}.py")
        return tuple(sorted(file.parent.name for file in files))

    def _parse(self, module: str) -> Iterator[str]:
        file = self.file_of(module)
        for node in running(ast.parse(file.read_text(encoding="utf-8"))) if file else ():
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if self.file_of(alias.name))
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    yield name if self.file_of(name) else node.module
            elif isinstance(node, ast.JoinedStr):
                yield from self._by_name(node)

    def _by_name(self, text: ast.JoinedStr) -> Iterator[str]:
        """Yield the modules that a text such as f"lockstep.tasks.{name}" names: a registry imports them by name."""
        match text.values:
            case [ast.Constant(value=str(start)), ast.FormattedValue()] if start.startswith(f"{PACKAGE}."):
                folder = self.source.joinpath(*start.rstrip(".").split("."))
                yield from (f"{start}{path.stem}" for path in sorted(folder.glob("[!_]*.py")))


def _data_folders(package: Path) -> list[Path]:
    """Return the folders beside a package's modules that hold no module: templates and the like."""
    folders = [path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"]
    return [path for path in folders if any(path.iterdir()) and not list(path.glob("*.py*"))]


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run; imports for type checking do not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from running(node)
