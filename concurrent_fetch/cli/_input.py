"""Where the command line takes its URLs from: arguments, a file, or stdin."""

import sys
from collections.abc import Sequence
from pathlib import Path


def read_urls(arguments: Sequence[str], file: str | None) -> list[str]:
    """Return the URLs of the one source that is named; `-` means stdin.

    Raises:
        ValueError: no source, more than one, or one without URLs; or it cannot be read as UTF-8.
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
    return _parsed(name, _content(name, source))


def _content(name: str, source: str) -> bytes:
    try:
        if source != "-":
            return Path(source).read_bytes()
        if sys.stdin is None:
            raise ValueError("cannot read stdin: it is closed")
        return sys.stdin.buffer.read()
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror}") from error


def _parsed(name: str, content: bytes) -> list[str]:
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{name} is not UTF-8 (line {line}): convert it to UTF-8") from error
    lines = (line.strip() for line in text.replace("\r", "\n").split("\n"))
    urls = [line for line in lines if line and not line.startswith("#")]
    if not urls:
        raise ValueError(f"no URLs in {name}: write one per line")
    return urls
