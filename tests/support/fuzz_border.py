"""Anything from a server, found by who watches which lines it reaches: `nox -s atheris -- 300`.

Whatever the cuts, and whether llhttp reads the chunks or we do: the same is found, or refused.
"""

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

atheris: Any = import_module("atheris")  # what types there are of it lack the half

with atheris.instrument_imports(include=["concurrent_fetch"]):
    from concurrent_fetch.clients._llhttp import ChunkParser
    from concurrent_fetch.http import Reader

# One for all, as a connection has one for all its answers: nothing of the last may be left in it.
CHUNKS = ChunkParser()
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SEEDS = [
    OK + b"Content-Length: 3\r\n\r\nabc",
    OK + b"A: b\r\n c\r\nConnection: close\r\n\r\nabc",
    b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" + CHUNKED + b"3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n",
    CHUNKED + b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
    CHUNKED + b"03 \r\nabc\r\n0\r\n\r\n0\r\n\r\n",
    b"HTTP/1.0 404\nContent-Length: 1, 1\nLocation: /\n\nabc",
    b"HTTP/1.1 204 No\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
]
WORDS = [
    *(b"HTTP/1.1 ", b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"3\r\nabc\r\n", b"ffffffffffffffff"),
    *(b"Content-Length: ", b"Transfer-Encoding: ", b"chunked", b"Connection: ", b"close"),
    *(b"Location: ", b"Content-Encoding: ", b"gzip", b"keep-alive", b"7fffffffffffffff"),
]
_CUTS = 6  # what an input begins with: a byte of flags, then two for each of these


def found(pieces: list[bytes], reader: Reader) -> tuple[Any, ...]:
    """Return all that there is to find in pieces that end with the connection."""
    body = b""
    for piece in (*pieces, b""):
        body += b"".join(reader.feed(piece))
        if reader.refusal is not None:
            break
    refusal = reader.refusal
    said = None if refusal is None else (refusal.kind, refusal.message)
    return reader.head, body, reader.is_whole, reader.is_last, said


def readings(data: bytes, places: list[int], asked: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield what is found at once, in pieces and, if it is short, byte by byte; in each way."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    ways = [[data] if data else [], [data[one:other] for one, other in pairwise(edges)]]
    if len(data) < 300:
        ways.append([bytes([octet]) for octet in data])
    for new_reader in (partial(Reader, **asked), partial(Reader, read_chunks=CHUNKS, **asked)):
        for pieces in ways:
            yield found(pieces, new_reader())


def one_input(given: bytes) -> None:
    """Raise if one of the ways finds something else."""
    begin = 1 + 2 * _CUTS
    if len(given) <= begin:
        return
    flags, data = given[0], given[begin:]
    places = [int.from_bytes(given[at : at + 2], "big") for at in range(1, begin, 2)]
    asked = {"to_head": bool(flags & 1), "opens_tunnel": bool(flags & 2)}
    first, *others = readings(data, places, asked)
    for other in others:
        assert other == first, f"{data!r} at {places}, {asked}:\n{first}\n{other}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS):
            (corpus / str(number)).write_bytes(bytes(1 + 2 * _CUTS) + seed)
        words = Path(folder, "words")
        lines = ("".join(f"\\x{octet:02x}" for octet in word) for word in WORDS)
        words.write_text("".join(f'"{line}"\n' for line in lines))
        atheris.Setup([*sys.argv, f"-dict={words}", str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
