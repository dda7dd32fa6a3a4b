"""Strategies of the user's own, written `module:function`, found as `python -m` finds modules.

All that is wrong with one raises `ArgumentTypeError`, which argparse shows, with what to write.
"""

import contextlib
import importlib
import inspect
import sys
import traceback
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from concurrent_fetch.cli._own_names import (
    callables_of,
    files_of,
    hint_at_function,
    hint_at_module,
    module_in,
    or_listed,
    without_colon,
)
from concurrent_fetch.strategies import Strategy
from concurrent_fetch.words import told

_MISSING = object()
_IN_PLACE_OF_STDOUT: list[object] = []
"""Streams of another encoding, say, that modules set up. Unless it is kept, one closes stderr."""


def own_strategy(text: str) -> tuple[str, str, Strategy]:
    """Return the module of `module:function`, the function as it is called there, and itself.

    `./mine.py:loop` is `mine:loop` too.
    """
    place, _, function = text.rpartition(":")
    folder = _here()
    name, plus, client = function.partition("+")
    if plus:
        raise ArgumentTypeError(
            f"only sync, threaded, async and processes take a client: write {place}:{name}, "
            f"which chooses its own, without +{client}"
        )
    module = module_in(place, folder)
    if "" in module.split("."):
        meant = f"{module.strip('.') or 'mine'}:{name or 'FUNCTION'}"
        raise ArgumentTypeError(f"{text!r} names no module: write it as {meant}")
    if not name:
        raise ArgumentTypeError(without_colon(module, folder) or f"write {module}:FUNCTION")
    return module, name, _function(_imported(module, name, folder), module, name)


def instead_of(text: str) -> str | None:
    """Return what to write for a name that lacks its colon; None if it looks like no module."""
    folder = _here()
    module = module_in(text, folder)
    said = without_colon(module, folder)
    is_path = module != text
    return hint_at_module(module, "FUNCTION", module, folder) if is_path and not said else said


def _here() -> Path:
    """Return the current directory."""
    try:
        return Path.cwd()
    except OSError as error:
        raise ArgumentTypeError(f"there is no current directory: {error.strerror}") from None


# --- The module ---


def _imported(module: str, function: str, folder: Path) -> ModuleType:
    try:
        with _found_in(folder), _printing_to_stderr():
            found = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        missing = isinstance(error, ModuleNotFoundError) and error.name
        if missing and f"{module}.".startswith(f"{missing}."):
            if "." in missing:
                _check_not_hidden(module, folder)
            said = hint_at_module(module, function, missing, folder)
        else:
            said = _failure(module, error, folder)
        raise ArgumentTypeError(said) from error
    _check_not_hidden(module, folder)
    return found


@contextlib.contextmanager
def _found_in(folder: Path) -> Iterator[None]:
    """Let modules be found in the folder first; from then on behind all others.

    It stays there for what a strategy imports when it runs, and for processes that it starts.
    So far behind, a file in it cannot stand in for a library that is imported later.
    """
    path = str(folder)
    if sys.path[:1] in ([path], [""]):  # python -m
        yield
        return
    sys.path.insert(0, path)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the module may have changed sys.path itself
            sys.path.remove(path)
        if path not in sys.path:
            sys.path.append(path)


@contextlib.contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """Let nothing that a module prints come between the results: stdout may be a file or a pipe."""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            _IN_PLACE_OF_STDOUT.append(sys.stdout)
            with contextlib.suppress(OSError, ValueError):
                print(end="", flush=True)  # noqa: T201 - of what may be no stream at all


def _check_not_hidden(module: str, folder: Path) -> None:
    """Refuse a module of this folder whose name another one had first, as `http` or `time`."""
    top = module.partition(".")[0]
    files = files_of(top, folder)
    origin = getattr(sys.modules.get(top), "__file__", None)
    if files and not (origin and _is_own(Path(origin), folder)):
        raise ArgumentTypeError(
            f"{files[0].relative_to(folder)} is hidden by another module {top} "
            f"({origin or 'built into Python'}): give the file another name"
        )


def _failure(module: str, error: BaseException, folder: Path) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    what = f"{type(error).__name__}: {told(message)}" if message else type(error).__name__
    what = f"{what} ({_place_of(error, folder)})"
    if isinstance(error, SystemExit):
        return (
            f"{module} ends the program while it is imported: {what}. Put what it does as a "
            'script below if __name__ == "__main__":'
        )
    return f"{module} cannot be imported: {what}"


def _place_of(error: BaseException, folder: Path) -> str:
    """Return the file and line of the user's own code that raised; else of whose it was."""
    places = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename != __file__
    ]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        places.append((error.filename, error.lineno))
    own = [place for place in places if _is_own(Path(place[0]), folder)]
    file, line = (own or places or [("?", 0)])[-1]
    shown = Path(file).relative_to(folder) if own else file
    return f"{shown}, line {line}"


def _is_own(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) and "site-packages" not in file.parts


# --- The function ---


def _function(module: ModuleType, module_name: str, path: str) -> Strategy:
    found: Strategy = _attribute(module, module_name, path)
    if not callable(found):
        raise ArgumentTypeError(
            f"{module_name}:{path} is {_described(found)}, and no function"
            f"{or_listed(f'{module_name}:', callables_of(module))}"
        )
    return found


def _described(found: object) -> str:
    if inspect.iscoroutine(found):
        found.close()  # else Python warns that nobody awaited it
    return f"of type {type(found).__name__}"


def _attribute(module: ModuleType, module_name: str, path: str) -> Any:
    found: object = module
    before = f"{module_name}:"
    for name in path.split("."):
        owner, found = found, getattr(found, name, _MISSING)
        if found is _MISSING:
            raise ArgumentTypeError(hint_at_function(before, name, owner))
        before += f"{name}."
    return found
