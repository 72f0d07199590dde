"""Which modules of the package a module imports, directly or through others, at run time."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def closure(module: str) -> set[str]:
    """Return the module and everything of the package that it imports, imports inside functions too."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += imports(name)
    return found


def imports(module: str) -> Iterator[str]:
    """Yield the package's modules that one module imports; imports for type checking do not run."""
    file = file_of(module)
    if file is None:
        return
    for node in _running(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if file_of(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lockstep":
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if file_of(name) else node.module


def file_of(module: str) -> Path | None:
    """Return the file of a module of the package, None for other names."""
    if module.split(".", maxsplit=1)[0] != "lockstep":
        return None
    path = SOURCE.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _running(node)
