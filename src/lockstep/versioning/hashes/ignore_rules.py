"""Which files DVC leaves out of a directory's hash: the patterns of `.dvcignore` and DVC's built-in ones."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = ".dvcignore"
BUILT_IN = (".hg/", ".git/", ".git", ".dvc/")


@dataclass(frozen=True)
class _Pattern:
    regex: re.Pattern[str]
    ignores: bool
    directories_only: bool

    def matches(self, path: str, *, directory: bool) -> bool:
        """Return whether the pattern matches a path relative to the pattern's folder."""
        if self.directories_only and not directory:
            return False
        found = self.regex.match(path) or (self.regex.match(f"{path}/") if directory else None)
        return found is not None


@dataclass(frozen=True)
class IgnoreRules:
    """The patterns of a project.

    Source: `dvc/ignore.py`, DvcIgnorePatterns and DvcIgnoreFilter. Patterns are those of gitignore; the last one that
    matches decides, those of a folder come after those of the folders above it, and what is below an ignored folder is
    ignored.

    Attributes:
        patterns: folder, relative to the project's root with `/` at its end (the root is empty) -> its patterns. The
            root is first, and each folder comes after those above it.
        projects: folders that are DVC projects of their own: ignored.
    """

    patterns: Mapping[str, tuple[_Pattern, ...]]
    projects: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Mapping[str, str], projects: Iterable[str] = ()) -> "IgnoreRules":
        """Return the rules of a project.

        Args:
            texts: folder, relative to the root (the root is empty) -> text of its `.dvcignore`.
            projects: folders that hold a `.dvc` folder of their own; the root does not count.
        """
        found = {"": _patterns(BUILT_IN)}
        for folder in sorted(texts):
            rules = cls(found)
            if not rules.ignores(f"{folder}/{FILE}".removeprefix("/"), directory=False):
                prefix = f"{folder}/" if folder else ""
                found[prefix] = (*found.get(prefix, ()), *_patterns(tuple(texts[folder].splitlines())))
        return cls(found, frozenset(projects))

    def ignores(self, path: str, *, directory: bool) -> bool:
        """Return whether DVC ignores a path relative to the project's root."""
        parents = (path[:at] for at, letter in enumerate(path) if letter == "/")
        return any(self._ignored(one, directory=True) for one in parents) or self._ignored(path, directory=directory)

    def _ignored(self, path: str, *, directory: bool) -> bool:
        """Return whether DVC ignores the path itself; the folders above are not considered."""
        if path in self.projects:
            return True
        for folder, patterns in reversed(list(self.patterns.items())):
            inside = path.removeprefix(folder)
            if path.startswith(folder):
                for pattern in reversed(patterns):
                    if pattern.matches(inside, directory=directory):
                        return pattern.ignores
        return False


def files_of(root: Path, folder: Path) -> Iterator[Path]:
    """Yield the files below a folder of a project that DVC hashes.

    Links to folders are not followed. A `.dvcignore` inside of the folder has no effect: DVC refuses such a folder.
    """
    rules = _rules_above(root, folder)
    inside = folder.is_relative_to(root)
    waiting = [folder]
    for place in waiting:  # what is appended is visited too
        for path in place.iterdir():
            is_folder = path.is_dir()
            name = path.relative_to(root).as_posix() if inside else ""
            if inside and rules.ignores(name, directory=is_folder):
                continue
            if is_folder and not path.is_symlink() and not (path / ".dvc").exists():
                waiting.append(path)
            elif path.is_file():
                yield path


def _rules_above(root: Path, folder: Path) -> IgnoreRules:
    """Return the rules that apply in a folder: those of the root and of each folder between the two."""
    above = [place for place in folder.parents if place.is_relative_to(root)]
    files = [place / FILE for place in above if (place / FILE).is_file()]
    return IgnoreRules.of({_name(root, file.parent): file.read_text(encoding="utf-8") for file in files})


def _name(root: Path, folder: Path) -> str:
    return "" if folder == root else folder.relative_to(root).as_posix()


@cache
def _patterns(lines: tuple[str, ...]) -> tuple[_Pattern, ...]:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    found = []
    for line in map(str.strip, lines):
        if not line or line.startswith("#"):
            continue
        regex, ignores = GitIgnoreSpecPattern.pattern_to_regex(line)
        if regex is not None and ignores is not None:
            found.append(_Pattern(re.compile(regex), ignores, line.endswith("/")))
    return tuple(found)
