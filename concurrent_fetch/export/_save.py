"""Results into files and back: the suffix says the format."""

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from concurrent_fetch._files import check_folder, read_plain, write_whole
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._view import Result, View
from concurrent_fetch.model import Outcome, Run
from concurrent_fetch.words import did_you_mean, hinted

# The modules that write them, each imported when it is first used: importing the package is for
# everybody, and few use more than one format.
_WRITERS: Mapping[str, str] = {
    ".json": "_json",
    ".csv": "_csv",
    ".md": "_markdown",
    ".html": "_page",
    ".svg": "_svg",
    ".har": "_har",
    ".trace.json": "_trace",
}
SUFFIXES = tuple(_WRITERS)
LINES = ".jsonl"
"""The format of a run alone, which `Options.journal` writes too."""
LOADED = ".json"
"""The format that keeps everything that `load` needs."""


@hinted()
def save(result: Result | Iterable[Outcome], path: str | os.PathLike[str]) -> None:
    """Write a result into a file, whole or not at all; an older file of that name is replaced.

    Outcomes of any iterable are saved as `Run.of` makes a run of them, so what `iter_sync` or
    `iter_threaded` returns is fetched and saved. To name their options, save `Run.of(...)`. What
    `load` reads of a run has as its `index` the place in that run.

    The end of the name says the format. `.json` keeps everything but headers and bodies, and is
    what `load` reads; `.csv` has a row per timed fetch; `.md` is for a pull request; `.html` is a
    page; `.svg` the picture; `.har` (HAR 1.2) opens in the developer tools of browsers;
    `.trace.json` (Chrome trace events) opens in Perfetto; `.jsonl` is the journal of a run, a line
    for each outcome, which `load` reads too and `Options.journal` goes on with. No file holds user
    info of URLs or the values of secret headers.

    Raises:
        FormatError: the name ends otherwise; or `.json` of a value so odd would not load again; or
            `.jsonl` is to hold no run.
        TypeError: it is no Comparison, Sweep, Ladder or Run, and no iterable of outcomes.
        ValueError: a field of an outcome breaks its rule.
        OSError: the file cannot be written.
    """
    _check_not_swapped(result)
    write: Callable[[View], str] = _module(suffix_of(path)).write
    check_folder(path)  # before anything is fetched for it
    view = View(result if isinstance(result, Result) else Run.of(result))
    write_whole(path, write(view).rstrip("\n") + "\n")


@hinted()
def load(path: str | os.PathLike[str]) -> Result:
    """Return the Comparison, Sweep, Ladder or Run of a `.json` file that `save` wrote.

    Of a journal, `.jsonl`, it is the Run of all its runs together: of each URL, as often as it was
    asked for, the last outcome, in the order in which they first appeared; `index` is the place in
    that order. Headers and bodies are in no file: those of a loaded outcome are empty.

    Files of older versions of this package are read too. A comparison equals the one that was
    saved, unless secrets had to be left out of the file.

    Raises:
        FormatError: the file is damaged, foreign, from a newer version, or no plain file (a pipe, a
            device); says what and where.
        OSError: the file cannot be read.
    """
    name = Path(path).name.lower()
    if not name.endswith((LOADED, LINES)) or suffix_of(path) not in (LOADED, LINES):
        raise FormatError(
            f"{os.fspath(path)!r}: only {LOADED} and {LINES} are loaded; save as {LOADED} too"
        )
    data = read_plain(path)
    if data is None:
        raise FormatError(f"{os.fspath(path)}: this is no plain file; save what is in it as one")
    if not data.strip():
        raise FormatError(f"{os.fspath(path)}: the file is empty")
    if name.endswith(LINES):
        run: Result = _module(LINES).read(data, os.fspath(path))
        return run
    read: Callable[[str], Result] = _module(LOADED).from_json
    try:
        return read(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FormatError(f"{os.fspath(path)}: no UTF-8 at byte {error.start}") from None
    except FormatError as error:
        raise FormatError(f"{os.fspath(path)}: {error}") from None


def autosaver(path: str | os.PathLike[str]) -> Callable[[Result], None]:
    """Return what saves a result again and again while it grows, writing only the new part anew.

    It raises OSError where the file cannot be written.
    """
    writer = _module(LOADED).Writer()
    return lambda result: write_whole(path, writer.to_json(result))


def _module(suffix: str) -> Any:
    return import_module(f"{__package__}.{_WRITERS.get(suffix, '_jsonl')}")


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the suffix that says the format.

    Raises:
        FormatError: there is no such format; the message lists those there are.
    """
    name = Path(path).name
    fitting = [suffix for suffix in (*SUFFIXES, LINES) if name.lower().endswith(suffix)]
    if not fitting:
        hint = did_you_mean(Path(path).suffix, (*SUFFIXES, LINES))
        raise FormatError(
            f"{os.fspath(path)!r} names no format{hint}: "
            f"it must end in {', '.join(SUFFIXES)} or {LINES}"
        )
    return max(fitting, key=len)  # .trace.json ends in .json too


def _check_not_swapped(result: object) -> None:
    if isinstance(result, (str, os.PathLike)):
        raise TypeError(
            "save takes a Comparison, Sweep, Ladder, Run or outcomes, not "
            f"{type(result).__name__}; the result comes first: save(comparison, path)"
        )
