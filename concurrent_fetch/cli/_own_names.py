"""Names of modules and functions in the current directory, for what to write instead of another."""

import ast
import os
import pkgutil
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from concurrent_fetch.words import nearest

_MOST = 5


def module_in(place: str, folder: Path) -> str:
    """Return a module as Python names it, be it written so or as a path below the folder.

    Raises:
        ArgumentTypeError: it is a path to elsewhere.
    """
    if not (place.endswith(".py") or "/" in place or os.sep in place):
        return place
    path = Path(os.path.abspath(place.removesuffix(".py")))  # noqa: PTH100 - symbolic links stay
    if not path.is_relative_to(folder):
        raise ArgumentTypeError(
            f"{place!r} is not below the current directory: change to {str(path.parent)!r} and "
            f"write {path.name}:FUNCTION"
        )
    parts = path.relative_to(folder).parts
    return ".".join(parts[:-1] if parts[-1:] == ("__init__",) else parts)


def files_of(module: str, folder: Path) -> list[Path]:
    """Return the files in the folder that could be this module; none if it is not there."""
    *parents, last = module.split(".")
    home = folder.joinpath(*parents)
    return [file for file in (home / f"{last}.py", home / last / "__init__.py") if file.is_file()]


def without_colon(name: str, folder: Path) -> str | None:
    """Return what to write for a module or function without a colon; None if it is neither."""
    if files := files_of(name, folder):
        written = f"{name} is a module: write {name}:FUNCTION"
        return f"{written}{or_listed(f'{name}:', _functions_in(files[-1]))}"
    module, _, function = name.rpartition(".")
    if module and function:
        return f"{name!r} has no colon: write {module}:{function}"
    return None


def hint_at_module(module: str, function: str, missing: str, folder: Path) -> str:
    """Return what is said of a module that is not there: `missing`, itself or a package of it."""
    parent, _, last = missing.rpartition(".")
    package = sys.modules.get(parent)
    if package and not hasattr(package, "__path__"):
        return f"{parent} is no package: write {parent}:{module[len(parent) + 1 :]}.{function}"
    places = list(package.__path__) if package else [str(folder)]
    names = [info.name for info in pkgutil.iter_modules(places)]
    near = nearest(last, names)
    before = f"{parent}." if parent else ""
    where = f"in {parent}" if parent else f"in {str(folder)!r}, and none is installed"
    advice = (
        f" (did you mean {before}{near}{module[len(missing) :]}:{function}?)"
        if near
        else or_listed(before, names)
    )
    return f"there is no module {last!r} {where}{advice}"


def hint_at_function(before: str, name: str, owner: object) -> str:
    """Return what is said of a name that its owner, written as `before`, does not have."""
    near = nearest(name, callables_of(owner, imported=True))
    advice = f" (did you mean {before}{near}?)" if near else or_listed(before, callables_of(owner))
    return f"{before[:-1]} has no {name!r}{advice}"


def callables_of(owner: object, *, imported: bool = False) -> list[str]:
    """Return the public names of what can be called in a module or class."""
    home = getattr(owner, "__name__", None)
    found = {name: getattr(owner, name, None) for name in dir(owner) if name[0] != "_"}
    return [
        name
        for name, value in found.items()
        if callable(value) and (imported or getattr(value, "__module__", home) == home)
    ]


def or_listed(before: str, names: Sequence[str]) -> str:
    """Return `. There are mine:loop, mine:gathered`; empty if there are none."""
    if not names:
        return ""
    more = ", …" if len(names) > _MOST else ""
    verb = "are" if len(names) > 1 else "is"
    return f". There {verb} {', '.join(f'{before}{name}' for name in names[:_MOST])}{more}"


def _functions_in(file: Path) -> list[str]:
    """Return the public functions of a file, without running it; none if it cannot be read."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return []
    functions = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if node.name[0] != "_"]
