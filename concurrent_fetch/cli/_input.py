"""Where the command line takes its URLs from: arguments, a file, or stdin."""

import sys
from collections.abc import Sequence

from concurrent_fetch.http import read_urls


def urls_of(arguments: Sequence[str], file: str | None) -> list[str]:
    """Return the URLs of the one source that is named; `-` means stdin.

    Raises:
        FormatError: as `read_urls` does.
        ValueError: no source, more than one, or one that has no URLs or cannot be read.
    """
    if arguments and file is not None:
        raise ValueError("there are URLs both as arguments and by --file: leave one of them out")
    if "-" in arguments and len(arguments) > 1:
        raise ValueError("- stands alone: it reads all URLs from stdin")
    if arguments and arguments[0] != "-":
        return list(arguments)
    source = arguments[0] if arguments else file
    if source is None:
        raise ValueError("no URLs: write them as arguments, or --file FILE, or - to read stdin")
    name = "stdin" if source == "-" else repr(source)
    urls = _listed(name, source)
    if not urls:
        raise ValueError(f"no URLs in {name}: write one per line")
    return urls


def _listed(name: str, source: str) -> list[str]:
    if source == "-" and sys.stdin is None:
        raise ValueError("cannot read stdin: it is closed")
    try:
        return read_urls(sys.stdin.buffer if source == "-" else source)
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror}") from error
