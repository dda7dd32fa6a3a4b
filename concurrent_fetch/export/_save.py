"""Results into files and back: the suffix says the format."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from concurrent_fetch._files import write_whole
from concurrent_fetch._names import did_you_mean
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._csv import to_csv
from concurrent_fetch.export._har import to_har
from concurrent_fetch.export._json import from_json, to_json
from concurrent_fetch.export._markdown import to_document
from concurrent_fetch.export._page import to_page
from concurrent_fetch.export._trace import to_trace
from concurrent_fetch.export._view import Result, View

_WRITERS: Mapping[str, Callable[[View], str]] = {
    ".json": lambda view: to_json(view.result),
    ".csv": lambda view: to_csv(view.columns),
    ".md": to_document,
    ".html": to_page,
    ".svg": lambda view: view.pictures[0].svg,
    ".har": lambda view: to_har(list(view.runs.values()), list(view.runs)),
    ".trace.json": lambda view: to_trace(list(view.runs.values()), list(view.runs)),
}
SUFFIXES = tuple(_WRITERS)
_LOADED = ".json"


def save(result: Result, path: str | os.PathLike[str]) -> None:
    """Write a result into a file, whole or not at all; an older file of that name is replaced.

    The end of the name says the format. `.json` keeps everything but headers and bodies, and is
    what `load` reads; `.csv` has a row per timed fetch; `.md` is for a pull request; `.html` is a
    page; `.svg` the picture; `.har` (HAR 1.2) opens in the developer tools of browsers;
    `.trace.json` (Chrome trace events) opens in Perfetto. No file holds user info of URLs or the
    values of secret headers.

    Raises:
        FormatError: the name ends otherwise.
        TypeError: it is no Comparison, Sweep, Ladder or Run.
        OSError: the file cannot be written.
    """
    check_result(result)
    text = _WRITERS[suffix_of(path)](View(result))
    write_whole(path, text.rstrip("\n") + "\n")


def load(path: str | os.PathLike[str]) -> Result:
    """Return the Comparison, Sweep, Ladder or Run that `save` wrote into a `.json` file.

    Files of older versions of this package are read too. A comparison equals the one that was
    saved, unless secrets had to be left out of the file.

    Raises:
        FormatError: the file is damaged, foreign, or from a newer version; says what and where.
        OSError: the file cannot be read.
    """
    if suffix_of(path) != _LOADED:
        raise FormatError(f"{os.fspath(path)!r}: only {_LOADED} is loaded; save as that too")
    data = Path(path).read_bytes()
    try:
        return from_json(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(f"{os.fspath(path)}: no UTF-8 at byte {error.start}") from None
    except FormatError as error:
        raise FormatError(f"{os.fspath(path)}: {error}") from None


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the suffix that says the format.

    Raises:
        FormatError: there is no such format; the message lists those there are.
    """
    name = Path(path).name
    fitting = [suffix for suffix in SUFFIXES if name.lower().endswith(suffix)]
    if not fitting:
        raise FormatError(
            f"{os.fspath(path)!r} names no format{did_you_mean(Path(path).suffix, SUFFIXES)}: "
            f"it must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    return max(fitting, key=len)  # .trace.json ends in .json too


def check_result(result: object) -> None:
    """Refuse what is no result.

    Raises:
        TypeError: it is no Comparison, Sweep, Ladder or Run.
    """
    if not isinstance(result, Result):
        kind = type(result).__name__
        swapped = (
            "; the result comes first: save(comparison, path)"
            if isinstance(result, (str, os.PathLike))
            else ""
        )
        raise TypeError(f"save takes a Comparison, Sweep, Ladder or Run, not {kind}{swapped}")
