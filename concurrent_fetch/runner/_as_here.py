"""As here: how this process was started and where it finds modules, for another interpreter."""

import os
import site
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_FLAGS: Mapping[str, str] = {
    "isolated": "I",
    "ignore_environment": "E",
    "no_user_site": "s",
    "safe_path": "P",
    "dont_write_bytecode": "B",
    "bytes_warning": "b",
    "optimize": "O",
}
"""What every Python takes, by the name that it has in `sys.flags`."""


def flags_here() -> list[str]:
    """Return how this interpreter was started, as far as any other takes it."""
    flags = [f"-{letter * int(getattr(sys.flags, name, 0))}" for name, letter in _FLAGS.items()]
    return [flag for flag in flags if flag != "-"] + [f"-W{one}" for one in sys.warnoptions]


def options_here() -> list[str]:
    """Return the rest of how it was started, which only the same version and build takes."""
    options = getattr(sys, "_xoptions", {})
    return [
        part
        for name, value in options.items()
        for part in ("-X", name if value is True else f"{name}={value}")
    ]


class UsersPaths(NamedTuple):
    """Where this process finds modules that are not of its own installation."""

    before: list[str]
    """What is looked at before the standard library."""
    behind: list[str]
    """What is looked at after it, as what is installed editable."""


def users_paths() -> UsersPaths:
    """Return them as they are now, each absolute."""
    found = UsersPaths([], [])
    kept = found.before
    for path in filter(_is_path, sys.path):
        if full := _absolute(path):
            if _is_own(full):
                kept = found.behind
            else:
                kept.append(full)
    return found


def with_users(paths: UsersPaths, own: list[str]) -> list[str]:
    """Return where another interpreter is to look, which looks in `own` by itself."""
    return list(dict.fromkeys([*paths.before, *own, *paths.behind]))


def _is_path(one: object) -> bool:
    return isinstance(one, str)  # to Python all else is nothing


def _absolute(path: str) -> str | None:
    try:
        return os.path.abspath(path or os.curdir)  # noqa: PTH100 - as Python takes it
    except FileNotFoundError:  # the current directory is gone
        return None


def _is_own(path: str) -> bool:
    installed = {*site.getsitepackages(), site.getusersitepackages()}
    library = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    packages = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    if path.endswith(".zip") and any(Path(path).parent == Path(one).parent for one in library):
        return True  # the standard library again
    return any(Path(path).is_relative_to(one) for one in installed | library | packages)
