"""Base of all sections of params.yaml: frozen, strict, with errors that name the key."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lockstep.core.errors import LockstepError, closest, shorten

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Spec(BaseModel):
    """A frozen section of params.yaml in which an unknown key is an error.

    Attributes:
        moved: key that the section no longer has -> the dotted key that replaces it, for the error message.
    """

    moved: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def parse_duration(value: Any) -> timedelta:
    """Return the length of `30d`, `12h`, `90m` or `2w`.

    Raises:
        ValueError: anything else, or a length of zero.
    """
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,5})([mhdw])", str(value))
    if not match or int(match[1]) == 0:
        raise ValueError("expected a length of time such as 30d, 12h, 90m or 2w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def format_duration(length: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back: `timedelta(days=30)` is `30d`."""
    minutes = int(length.total_seconds() // 60)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _name(value: str) -> str:
    if not value or any(not c.isprintable() for c in value):
        raise ValueError("expected a name without control characters")
    return value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Name = Annotated[str, StringConstraints(max_length=128), AfterValidator(_name)]
"""Name of a table, column or feature: any printable text; it is quoted wherever it is used."""

Scalar = bool | int | float | str
"""The value of a hyperparameter."""

T = TypeVar("T")
Many = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A YAML list."""

S = TypeVar("S", bound=Spec)


def read_document(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises:
        LockstepError: the file is missing, is not YAML, repeats a key, or is not a mapping.
    """
    try:
        # YAML 1.2, as DVC reads it: Yes is a text, 1e-3 a number, a repeated key an error.
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LockstepError(f"{path}: missing; run the command in the project's root folder") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise LockstepError(f"{path}: not valid YAML", [_yaml_problem(error)]) from error
    if not isinstance(document, dict):
        raise LockstepError(f"{path}: expected a mapping of sections, got {type(document).__name__}")
    return document


def parse(spec: type[S], document: dict[str, Any], path: Path) -> S:
    """Return `document` as a `spec`.

    Raises:
        LockstepError: with one line per fault, each naming the key, the value and the expectation.
    """
    try:
        return spec.model_validate(document)
    except ValidationError as error:
        lines = [_line(detail, spec) for detail in error.errors(include_url=False)]
        raise LockstepError(f"{path}: {len(lines)} fault{'s' * (len(lines) != 1)}", lines) from error


def load(spec: type[S], path: Path) -> S:
    """Return the keys of the file at `path` that `spec` has fields for, validated.

    A field is named after a section, or has a dotted alias (`train.estimator`) for one key of it.

    Raises:
        LockstepError: see `read_document` and `parse`.
    """
    document = read_document(path)
    found = {key: _lookup(document, key.split(".")) for key in tracked(spec)}
    return parse(spec, {key: value for key, value in found.items() if value is not _ABSENT}, path)


def tracked(spec: type[Spec]) -> list[str]:
    """Return the keys of params.yaml that `spec` reads, dotted, as `dvc.yaml` lists them."""
    return [field.alias or name for name, field in spec.model_fields.items()]


_ABSENT = object()


def _lookup(document: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return _ABSENT
        document = document[key]
    return document


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem)


def _line(detail: ErrorDetails, spec: type[Spec]) -> str:
    location = ".".join(str(part) for part in detail["loc"] if not _is_tag(part))
    if detail["type"] == "extra_forbidden":
        section, key = _section(spec, detail["loc"][:-1]), str(detail["loc"][-1])
        if section and issubclass(section, Spec) and key in section.moved:
            return f"{location}: moved to {section.moved[key]}"
        known = list(section.model_fields) if section else []
        near = closest(key, known)
        return f"{location}: unknown key{near or '; expected one of ' + ', '.join(known)}"
    if detail["type"] == "missing":
        return f"{location}: missing"
    message = detail["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "expected").replace("Assertion failed, ", "")
    if not location or (detail["type"] == "value_error" and isinstance(detail["input"], dict)):
        return message if not location else f"{location}: {message}"
    return f"{location}: {message}; got {shorten(repr(detail['input']), 80)}"


def _is_tag(part: int | str) -> bool:
    """Return whether a part is a name that pydantic adds for a union member (`function-after[...]`), not a key."""
    return isinstance(part, str) and ("[" in part or part.startswith(("tagged-union", "literal")))


def _section(spec: type[Spec], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model at `location`, below `spec`."""
    current: type[BaseModel] | None = spec
    for part in location:
        if current is None:
            return None
        field = current.model_fields.get(str(part))
        current = _nested(field.annotation) if field else current
    return current


def _nested(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _nested(argument)
        if found is not None:
            return found
    return None
