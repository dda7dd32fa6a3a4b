"""Where the command line takes its URLs from: arguments, files, or stdin."""

import shlex
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from concurrent_fetch.http import read_urls
from concurrent_fetch.words import visible


def urls_of(arguments: Sequence[str], files: Sequence[str]) -> list[str]:
    """Return the URLs of the arguments, or of all files, one after another; `-` means stdin.

    Raises:
        FormatError: as `read_urls` does.
        ArgumentTypeError: no source, URLs and a file, or a source that has no URLs or cannot be
            read.
    """
    if arguments and files:
        raise ArgumentTypeError(
            "there are URLs both as arguments and by --file: leave one of them out"
        )
    if arguments == ["-"]:
        files = arguments
    elif "-" in arguments:
        raise ArgumentTypeError("- stands alone: it reads all URLs from stdin")
    elif arguments:
        _check_no_file(arguments)
        return list(arguments)
    if not files:
        raise ArgumentTypeError(
            "no URLs: write them as arguments, or --file FILE, or - to read stdin"
        )
    if twice := [file for file in files if files.count(file) > 1]:
        raise ArgumentTypeError(f"--file {twice[0]!r} is given twice: leave one of them out")
    return [url for file in files for url in _listed(file)]


def _check_no_file(arguments: Sequence[str]) -> None:
    """Refuse the name of a file in the place of a URL."""
    for name in arguments:
        if "://" not in name and _is_file(name):
            file = shlex.quote(visible(name))
            raise ArgumentTypeError(f"{name!r} is a file, and no URL: write --file {file}")


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long, say, or with a NUL
        return False


def _listed(source: str) -> list[str]:
    name = "stdin" if source == "-" else repr(source)
    if source == "-" and sys.stdin is None:
        raise ArgumentTypeError("cannot read stdin: it is closed")
    try:
        urls = read_urls(sys.stdin.buffer if source == "-" else source)
    except OSError as error:
        raise ArgumentTypeError(f"cannot read {name}: {error.strerror}") from error
    if not urls:
        raise ArgumentTypeError(f"no URLs in {name}: write one per line")
    return urls
