"""Source URLs: `${VAR}` comes from the environment and is masked in all output."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, quote_plus, unquote

from lockstep.core.errors import LockstepError

BARE = re.compile(r"\$([A-Z_][A-Z0-9_]*)")  # `dvc exp run -S` fails on ${VAR} and keeps $VAR
VARIABLE = re.compile(r"\$\{(\w*)\}")
CREDENTIALS = re.compile(r"[\w+.-]+://(?:[^/?#]*:(?P<password>[^/?#]*)@)?")
PASSWORD = re.compile(r"(?<=:)\$\{(\w+)\}(?=@)")  # the password is one variable
NEEDS_ENCODING = re.compile(r"[^\w.~!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})", re.ASCII)
SHORT = 4  # shorter secrets are masked only as whole words


@dataclass(frozen=True)
class Location:
    """A URL or path in two forms: for use, and for display."""

    url: str = field(repr=False)
    shown: str
    """As in params.yaml, without a password."""
    masks: tuple[tuple[str, str], ...] = field(repr=False, default=())
    """Secret -> replacement, longest first."""

    def redact(self, text: str) -> str:
        """Return `text` with the password and values from the environment masked."""
        for secret, mask in self.masks:
            pattern = re.escape(secret)
            text = re.sub(pattern if len(secret) >= SHORT else rf"(?<!\w){pattern}(?!\w)", lambda _, m=mask: m, text)  # type: ignore[misc]
        return text

    def masking(self, parts: Mapping[str, str]) -> "Location":
        """Return a location that masks these texts as well."""
        return Location(self.url, self.shown, _longest_first([*self.masks, *parts.items()]))


def variables(url: str) -> list[str]:
    """Return the names of the variables in `url`, each once."""
    return list(dict.fromkeys(VARIABLE.findall(BARE.sub(r"${\1}", url))))


def unexpanded(url: str) -> str:
    """Return `url` for display, without reading the environment: variables stay as written."""
    return locate(url, {name: f"${{{name}}}" for name in variables(url)}).shown


def locate(url: str, environment: Mapping[str, str], key: str = "source.url") -> Location:
    """Return `url` with each `${VAR}`, or `$VAR` in capitals, replaced by the variable's value.

    Args:
        url: as in params.yaml.
        environment: the variables.
        key: its key in params.yaml, for messages.

    Raises:
        LockstepError: with one line per variable that is not set.
    """
    url, names = BARE.sub(r"${\1}", url), variables(url)
    unset = [name for name in names if not environment.get(name)]
    if unset:
        raise LockstepError(
            f"params.yaml: {key}: {url}: not set in the environment",
            [f"{name or 'a name is missing in ${}'}" for name in unset],
        )
    full = VARIABLE.sub(lambda match: environment[match[1]], PASSWORD.sub(partial(_encoded, environment), url))
    values = {environment[name]: f"${{{name}}}" for name in names}
    password = _password(full)
    masks = [(form, mask) for value, mask in values.items() for form in _forms(value)]
    masks += [(form, "***") for form in _forms(password)] if password else []
    literal = _password(url)
    shown = url.replace(f":{literal}@", ":***@") if literal and not VARIABLE.search(literal) else url
    return Location(full, shown, _longest_first(masks))


@contextmanager
def redacting(location: Location) -> Iterator[None]:
    """Mask secrets in every error that leaves the block, including its causes."""
    try:
        yield
    except LockstepError as error:
        clean = type(error)(location.redact(error.what), [location.redact(line) for line in error.details])
        raise clean from None
    except Exception as error:
        if location.redact(_texts(error)) == _texts(error):
            raise
        raise LockstepError(f"{location.shown}: {type(error).__name__}: {location.redact(str(error))}") from None


def _encoded(environment: Mapping[str, str], match: re.Match[str]) -> str:
    """Return a password percent-encoded for a URL; an encoded one stays unchanged."""
    value = environment[match[1]]
    return quote(value, safe="") if NEEDS_ENCODING.search(value) else value


def _texts(error: BaseException) -> str:
    """Return the texts of an error and of all its causes."""
    texts, seen, current = [], set(), [error]
    while current:
        one = current.pop()
        if id(one) not in seen:
            seen.add(id(one))
            texts.append(f"{one} {getattr(one, 'filename', '')} {getattr(one, '__notes__', '')}")
            current += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
    return "\n".join(texts)


def _password(url: str) -> str | None:
    match = CREDENTIALS.match(url)
    return match["password"] if match else None


def _forms(secret: str) -> set[str]:
    """Return the forms in which a driver may repeat a secret: as given, percent-encoded, decoded."""
    return {
        form for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), unquote(secret)) if form
    }


def _longest_first(masks: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    unique = dict(reversed([(secret, mask) for secret, mask in masks if secret]))
    return tuple(sorted(unique.items(), key=lambda item: (-len(item[0]), item[0])))
