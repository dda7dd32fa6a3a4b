"""Interpreters: other Pythons of this machine, found by path or by name, and what they are."""

import json
import os
import platform
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import attrs

from concurrent_fetch._python import own_version
from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.runner._as_here import flags_here, options_here, users_paths
from concurrent_fetch.runner._groups import IN_OWN_GROUP, end_group
from concurrent_fetch.words import did_you_mean, told

_ALONE = "import sys; sys.path[:] = filter(None, sys.path); "
"""With `-c` the current directory comes before the standard library."""
_MARK = "concurrent_fetch looks: "
_LOOK = (
    "import json, platform, sysconfig; from importlib.util import find_spec; "
    "has = [find_spec(name) for name in ('concurrent_fetch', 'attrs')]; "
    f"print({_MARK!r} + json.dumps([platform.python_implementation(), platform.python_version(), "
    "bool(sysconfig.get_config_var('Py_GIL_DISABLED')), "
    "all(one is not None and one.origin is not None for one in has)]))"
)
_SERVE = "from concurrent_fetch.runner._there import main; main()"
_LONG: Seconds = 60.0


@attrs.frozen
class Interpreter:
    """A Python of this machine that has concurrent_fetch."""

    path: str
    implementation: str
    """As `CPython`, `PyPy`."""
    version: str
    """As `3.13.5`."""
    is_free: bool
    """Whether it is a build without the GIL, or one that can do without it."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What it is called, from short to exact: `3.13t`, `3.13.5t`, its path."""
        family = "" if self.implementation == "CPython" else self.implementation.lower()
        short = ".".join(self.version.split(".")[:2])
        return (*(f"{family}{v}{'t' * self.is_free}" for v in (short, self.version)), self.path)

    def named(self, name: str) -> list[str]:
        """Return the name of a strategy on it, which has the shortest tag, with each of the tags.

        The short one is for people; where two are the same, a longer one tells them apart.
        """
        return [name.replace(f" @ {self.tags[0]}", f" @ {tag}") for tag in self.tags]

    @property
    def serving(self) -> list[str]:
        """The command that starts it for measuring, as this one was started."""
        flags = [*flags_here(), *(options_here() if self._is_as_this_one else ())]
        return [self.path, *flags, "-c", _ALONE + _SERVE, json.dumps(users_paths())]

    @property
    def _is_as_this_one(self) -> bool:
        here = (platform.python_implementation(), platform.python_version(), is_free_build())
        return (self.implementation, self.version, self.is_free) == here


def told_apart(interpreters: Sequence[Interpreter]) -> list[str]:
    """Return what each is called beside the others: the shortest of its tags that it has alone."""
    told_by = [[one.tags[level] for one in interpreters] for level in range(3)]
    return [
        next(tags[number] for tags in told_by if tags.count(tags[number]) == 1)
        for number in range(len(interpreters))
    ]


def is_free_build() -> bool:
    """Whether this interpreter can do without the GIL."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def find_interpreter(python: str | os.PathLike[str]) -> Interpreter:
    """Return the interpreter of that path, or of that name on PATH.

    Raises:
        TypeError: it is neither.
        UnknownNameError: there is none.
        ImportError: it has no concurrent_fetch; the message says what to write.
        ValueError: it is no Python, or does not start.
    """
    name: object = os.fspath(python) if isinstance(python, os.PathLike) else python
    if not isinstance(name, str):
        raise TypeError(
            f"python must be a path or a name on PATH, as 'python3.13t', got {told(repr(name))}"
        )
    found = _found(name)
    if found is None:
        names = _names_on_path()
        there = f" There are {', '.join(names)}" if names else ""
        raise UnknownNameError(
            f"no interpreter is called {told(name)!r}{did_you_mean(name, names)}.{there}: give "
            "a path, as /opt/python3.13t/bin/python3.13t, or a name on PATH"
        )
    return _looked_at(os.path.abspath(found), tuple(flags_here()))  # noqa: PTH100 - a link of a venv is no other file


def _found(name: str) -> str | None:
    try:
        return shutil.which(os.path.expanduser(name))  # noqa: PTH111 - of nobody's home this makes no error
    except ValueError:  # it has a null character
        return None


@cache
def _looked_at(path: str, flags: tuple[str, ...]) -> Interpreter:
    printed, said = _printed_by([path, *flags, "-c", _ALONE + _LOOK])
    try:
        # Wrappers and start-up files may print before and after.
        *facts, has_us = json.loads(printed.partition(_MARK)[2].partition("\n")[0])
    except ValueError:
        lines = [
            line for text in (said, printed) for line in text.split("\n")[::-1] if line.strip()
        ]
        why = told(lines[0]) if lines else "it said nothing"
        raise ValueError(f"{path} does not start as a Python: {why}") from None
    if not has_us:
        raise ImportError(
            f"{path} has no concurrent_fetch; write {path} -m pip install "
            f"concurrent_fetch=={own_version()}"
        )
    return Interpreter(path, *facts)


def _printed_by(command: list[str]) -> tuple[str, str]:
    """Return what a command printed, and what it said on stderr.

    Raises:
        ValueError: it does not start, or does not end.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            **IN_OWN_GROUP,
        )
    except OSError as error:
        raise ValueError(f"{command[0]} does not start: {told(str(error))}") from None
    with process:
        try:
            return process.communicate(timeout=_LONG)
        except subprocess.TimeoutExpired:
            raise ValueError(
                f"{command[0]} does not start as a Python: no answer within {_LONG:g} s"
            ) from None
        finally:
            end_group(process)


def _names_on_path() -> list[str]:
    """Return the names of Pythons on PATH."""
    folders = map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep))
    names = {
        one.name
        for folder in folders
        for pattern in ("python3*", "pypy3*")
        for one in folder.glob(pattern)
    }
    return sorted(name for name in names if "-" not in name)
