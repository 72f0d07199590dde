"""DVC's settings, read and written without DVC: which cache and which remote a checkout uses."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lockstep.core.errors import LockstepError

Settings = dict[str, dict[str, str]]
"""Section (`core`, `remote "store"`) -> key -> value."""
REPOSITORY, LOCAL = Path(".dvc", "config"), Path(".dvc", "config.local")
_REMOTE = ("url", "credentialpath", "configpath", "keyfile", "cert_path", "key_path")
_GOOGLE = ("gdrive_user_credentials_file", "gdrive_service_account_json_file_path")
PATHS = {"cache": ("dir",), "remote": (*_REMOTE, *_GOOGLE), "machine": ("startup_script", "setup_script")}
"""Keys that hold paths, relative to the file in which they are. Source: `dvc/config.py`, `_map_dirs`."""
URL = re.compile(r"\w+://")


class _Relative(str):
    """An absolute path that is relative in the file it was read from."""

    __slots__ = ()


def read_settings(root: Path) -> Settings:
    """Return the settings in .dvc/config and .dvc/config.local of a checkout; paths are absolute.

    Raises:
        LockstepError: a file cannot be read.
    """
    return _merged([root / REPOSITORY, root / LOCAL])


def write_settings(settings: Settings, folder: Path) -> None:
    """Write .dvc/config.local of a checkout, replacing an existing one; only this user can read it."""
    from configobj import ConfigObj

    place = (folder / LOCAL).resolve()
    plain = {
        section: {
            key: os.path.relpath(value, place.parent) if isinstance(value, _Relative) else value
            for key, value in values.items()
        }
        for section, values in settings.items()
    }
    document = ConfigObj(plain, encoding="utf-8", interpolation=False)
    place.unlink(missing_ok=True)
    place.touch(mode=0o600)  # it may hold secrets
    with place.open("wb") as file:
        document.write(file)


def shared_settings(root: Path) -> Settings:
    """Return settings with which another checkout uses the cache and the remotes of this one."""
    resolved = root.resolve()
    settings = read_settings(resolved)
    default = _Relative(resolved / ".dvc" / "cache")
    return settings | {"cache": {"dir": default, **settings.get("cache", {})}}


def remote_of(root: Path) -> str | None:
    """Return the name of the default remote, None if none is set."""
    return _all_levels(root).get("core", {}).get("remote")


def cache_folder(root: Path) -> Path:
    """Return the folder of the cache that DVC uses in a checkout."""
    configured = _all_levels(root).get("cache", {}).get("dir")
    return Path(configured).expanduser() if configured else root / ".dvc" / "cache"


def _all_levels(root: Path) -> Settings:
    import platformdirs

    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or platformdirs.site_config_dir("dvc", "iterative")
    user = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or platformdirs.user_config_dir("dvc", "iterative")
    return _merged([Path(system, "config"), Path(user, "config"), root / REPOSITORY, root / LOCAL])


def _merged(files: Iterable[Path]) -> Settings:
    """Return the settings of some files; later files override earlier ones."""
    found: Settings = {}
    for file in files:
        for section, values in _read(file).items():
            found.setdefault(section, {}).update(_absolute(section, values, file.parent))
    return found


def _read(file: Path) -> Mapping[str, Mapping[str, str]]:
    from configobj import ConfigObj, ConfigObjError

    if not file.is_file():
        return {}
    try:
        found = ConfigObj(file.read_text(encoding="utf-8").splitlines()).dict()
    except (ConfigObjError, UnicodeDecodeError) as error:
        raise LockstepError(f"{file}: not settings that DVC can read", [str(error)]) from error
    return {name: values for name, values in found.items() if isinstance(values, dict)}


def _absolute(section: str, values: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    paths = PATHS.get(section.split(maxsplit=1)[0].lower(), ())
    for key, value in ((key.lower(), value) for key, value in values.items()):
        relative = key in paths and not URL.match(value) and not Path(value).expanduser().is_absolute()
        yield key, _Relative(Path(os.path.abspath(folder / value))) if relative else value  # noqa: PTH100 # lexically
