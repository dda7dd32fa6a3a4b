"""Malformed responses: a symbol at each place of a response, and whatever else may be odd in one.

`python tests/support/malformed.py` writes the tables of docs/responses.md.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import Peer, RawServer

import concurrent_fetch as cf

PAGE = Path(__file__).parents[2] / "docs" / "responses.md"
_TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- end -->)", re.DOTALL)

SYMBOLS = {
    "LF": b"\n",
    "CR": b"\r",
    "CRLF": b"\r\n",
    "tab": b"\t",
    "blank": b" ",
    "NUL": b"\0",
    "VT": b"\v",
    "colon": b":",
    "comma": b",",
    "quote": b'"',
    "0x80": b"\x80",
    "BOM": b"\xef\xbb\xbf",
}
# A place is where the bar stands.
_HEAD = "HTTP/1.1 200 OK\r\nServer: odd\r\nX-Odd: one two\r\nContent-Length: 10\r\n\r\n0123456789"
_CHUNKED = (
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;a=b\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
)


def _marked(text: str, before: str, after: str) -> str:
    assert text.count(before + after) == 1, (before, after)
    return text.replace(before + after, f"{before}|{after}")


PLACES: Mapping[str, str] = {
    "before the response": "|" + _HEAD,
    "in `HTTP`": _marked(_HEAD, "HT", "TP/"),
    "behind the slash": _marked(_HEAD, "HTTP/", "1.1"),
    "in the version": _marked(_HEAD, "1", ".1 2"),
    "behind the version": _marked(_HEAD, "1.1", " 2"),
    "before the status": _marked(_HEAD, "1.1 ", "200"),
    "in the status": _marked(_HEAD, "1 20", "0"),
    "behind the status": _marked(_HEAD, "200", " OK"),
    "before the reason": _marked(_HEAD, "200 ", "OK"),
    "behind the reason": _marked(_HEAD, "OK", "\r\nS"),
    "before the first field": _marked(_HEAD, "OK\r\n", "S"),
    "in a name": _marked(_HEAD, "X-", "Odd"),
    "before a colon": _marked(_HEAD, "X-Odd", ":"),
    "behind a colon": _marked(_HEAD, "X-Odd:", " one"),
    "before a value": _marked(_HEAD, "X-Odd: ", "one"),
    "in a value": _marked(_HEAD, "one", " two"),
    "behind a value": _marked(_HEAD, "two", "\r\n"),
    "before a field": _marked(_HEAD, "two\r\n", "Content"),
    "in the name of the length": _marked(_HEAD, "Content-", "Length"),
    "before the length": _marked(_HEAD, "Length: ", "10"),
    "in the length": _marked(_HEAD, "Length: 1", "0"),
    "behind the length": _marked(_HEAD, "Length: 10", "\r\n"),
    "between CR and LF": _marked(_HEAD, "10\r", "\n\r"),
    "before the empty line": _marked(_HEAD, "10\r\n", "\r\n"),
    "before the body": _marked(_HEAD, "\r\n\r\n", "01"),
    "behind the body": _HEAD + "|",
    "before the coding": _marked(_CHUNKED, "Encoding: ", "chunked"),
    "behind the coding": _marked(_CHUNKED, "chunked", "\r\n\r\n"),
    "before a size": _marked(_CHUNKED, "\r\n\r\n", "A;"),
    "behind a size": _marked(_CHUNKED, "A", ";a"),
    "in an extension": _marked(_CHUNKED, ";a=", "b"),
    "behind an extension": _marked(_CHUNKED, ";a=b", "\r\n"),
    "before a chunk": _marked(_CHUNKED, "b\r\n", "0123"),
    "behind a chunk": _marked(_CHUNKED, "789", "\r\n0"),
    "before the last size": _marked(_CHUNKED, "789\r\n", "0"),
    "behind the last size": _marked(_CHUNKED, "\r\n0", "\r\nX"),
    "in a trailer's name": _marked(_CHUNKED, "X", ": y"),
    "in a trailer": _marked(_CHUNKED, "X: ", "y"),
    "behind the last chunk": _CHUNKED + "|",
}


def _status(line: str) -> bytes:
    return f"{line}\r\nContent-Length: 1\r\n\r\nx".encode("latin-1")


def _field(*fields: str, body: str = "0123456789") -> bytes:
    lines = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *fields))
    return f"{lines}\r\n{body}".encode("latin-1")


def _chunks(text: str) -> bytes:
    return _field("Transfer-Encoding: chunked", body=text)


_LENGTHS = (
    *("", "+10", "-10", "10.0", "1e1", "0x10", "1_0", "10 10", "10,", ",10", "10;", "0010", "ten"),
    *("10,10", "10, 10", "10 ,10", "10,9", "9,10", "10, 010", "99", "9" * 19, "9" * 30, "\xb2"),
)
_CODINGS = (
    *("chunked", "Chunked", " chunked ", "chunked,", ",chunked", "chunked, chunked", "identity"),
    *("gzip", "gzip, chunked", "chunked, gzip", "xchunked", "chunked;q=1", '"chunked"', ""),
)
_SIZES = (
    *("a", "A", "0a", "0" * 15 + "a", "0" * 16 + "a", "0" * 40 + "a", "0xa", "+a", "-a", "a_0"),
    *("a ", "a  \t", " a", "a;", "a;b", "a ;b", "a; b", "a;b=c", 'a;b="c;d"', "a;b\rc", "a;\x80"),
    *(
        "",
        "g",
        "a.0",
        "a,",
        "a:b",
        "1" + "0" * 15,
        "1" + "0" * 16,
        "f" * 16,
        "f" * 17,
        "8" + "0" * 15,
    ),
)
_TRAILERS = (
    *(
        "",
        "X: y",
        "X:y",
        "X : y",
        "X",
        ": y",
        " X: y",
        "X: y\r\n z",
        "X: a\x00b",
        "Content-Length: 3",
    ),
    *(
        "Content-Length: x",
        "Transfer-Encoding: gzip",
        "Content-Encoding: gzip",
        "X: y\rz",
        "\xe9: y",
    ),
)
_CUT = "HTTP/1.1 200 OK\r\nServer: odd\r\nContent-Length: 10\r\n\r\n0123456789"
_ODD: Mapping[str, Mapping[str, bytes]] = {
    "Status lines": {
        **{
            f"`{line}`": _status(line)
            for line in (
                *("HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 299 \xe9\x80"),
                *("HTTP/1.2 200 OK", "HTTP/2.0 200 OK", "HTTP/2 200", "HTTP/0.9 200 OK"),
                *("http/1.1 200 OK", "HTTP/1.1 99 OK", "HTTP/1.1 099 OK", "HTTP/1.1 2000 OK"),
                *("HTTP/1.1 20 OK", "HTTP/1.1 2xx OK", "HTTP/1.1 +20 OK", "HTTP/1.1 101 Switch"),
                *("HTTP/1.1 999 OK", "HTTP/1.1 600 OK", "HTTP/11 200 OK", "HTTP/1.1200 OK"),
                *("ICY 200 OK", "HTTPS/1.1 200 OK", "HTTP 1.1 200 OK", "HTTP/1,1 200 OK"),
            )
        },
        "an interim response, then CRLF": b"HTTP/1.1 103 Hints\r\n\r\n\r\n"
        + _status("HTTP/1.1 200"),
        "an interim response with a length": (
            b"HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n" + _status("HTTP/1.1 200 OK")
        ),
        "an interim response whose field is bad": (
            b"HTTP/1.1 103 Hints\r\nX y\r\n\r\n" + _status("HTTP/1.1 200 OK")
        ),
    },
    "Lengths": {
        **{f"`Content-Length: {value}`": _field(f"Content-Length: {value}") for value in _LENGTHS},
        "10 twice": _field("Content-Length: 10", "Content-Length: 10"),
        "10 and 9": _field("Content-Length: 10", "Content-Length: 9"),
        "10 and `chunked`": _field("Content-Length: 10", "Transfer-Encoding: chunked"),
        "no length": _field(),
        "more bytes than the length": _field("Content-Length: 9"),
        "another response behind the length": _field("Content-Length: 10")
        + _status("HTTP/1.1 200"),
        "bytes behind 204": _status("HTTP/1.1 204 No"),
        "bytes behind 304": _status("HTTP/1.1 304 No"),
    },
    "Transfer codings": {
        **{
            f"`Transfer-Encoding: {value}`": _field(
                f"Transfer-Encoding: {value}", body="A\r\n0123456789\r\n0\r\n\r\n"
            )
            for value in _CODINGS
        },
        "`chunked` twice": _field(
            *["Transfer-Encoding: chunked"] * 2, body="A\r\n0123456789\r\n0\r\n\r\n"
        ),
        "`chunked` in HTTP/1.0": _chunks("A\r\n0123456789\r\n0\r\n\r\n").replace(b"1.1", b"1.0"),
    },
    "Sizes of chunks": {
        f"`{size}`": _chunks(f"{size}\r\n0123456789\r\n0\r\n\r\n") for size in _SIZES
    },
    "Ends of chunks": {
        "a chunk that is longer than its size": _chunks("9\r\n0123456789\r\n0\r\n\r\n"),
        "a chunk that is shorter than its size": _chunks("B\r\n0123456789\r\n0\r\n\r\n"),
        "LF behind a size": _chunks("A\n0123456789\r\n0\r\n\r\n"),
        "LF behind a chunk": _chunks("A\r\n0123456789\n0\r\n\r\n"),
        "LF behind the last chunk": _chunks("A\r\n0123456789\r\n0\r\n\n"),
        "no empty line at the end": _chunks("A\r\n0123456789\r\n0\r\n"),
        "no last chunk": _chunks("A\r\n0123456789\r\n"),
        "bytes behind the last chunk": _chunks("A\r\n0123456789\r\n0\r\n\r\nmore"),
        "a last chunk of several zeros": _chunks("A\r\n0123456789\r\n000\r\n\r\n"),
    },
    "Trailers": {
        f"`{trailer}`": _chunks(f"A\r\n0123456789\r\n0\r\n{trailer}\r\n\r\n")
        for trailer in _TRAILERS
    },
    "Connections that end": {
        **{
            f"behind `{_CUT[:end]}`": _CUT[:end].encode()
            for end in (0, 2, 5, 8, 9, 12, 15, 16, 17, 20, 23, 28, 29, 30, 45, 50, 51, 52, 53, 60)
        },
        "behind an interim response": b"HTTP/1.1 103 Hints\r\n\r\n",
        "in a head whose line is bad": b"HTTP/1.1 200 OK\r\nno field\r\n",
        "in a line that is bad": b"HTTP/1.1 200 OK\r\nno field",
        "in what is no response": b"220 mail.example.com",
    },
}


def cases() -> Iterator[tuple[str, str, bytes]]:
    """Yield a table, a row of it and a response, for each."""
    for place, marked in PLACES.items():
        for symbol, octets in SYMBOLS.items():
            yield place, symbol, marked.encode().replace(b"|", octets)
    for table, rows in _ODD.items():
        for row, response in rows.items():
            yield table, row, response


Outcomes = Mapping[tuple[str, str], Mapping[str, cf.Outcome]]


def outcomes_of(ways: tuple[ClientStrategy, ...] = CLIENT_STRATEGIES) -> Outcomes:
    """Fetch all of them in every way; each connection ends behind its response."""
    responses = list(cases())

    def play(peer: Peer) -> None:
        if request := peer.read_head():
            peer.send(responses[int(request.split(b" ")[1][1:])][2])

    options = cf.Options(concurrency=16, timeout=5.0, reuse_connections=False)
    with RawServer(play) as server:
        urls = [server.url(f"/{number}") for number in range(len(responses))]
        runs = {str(way): way.fetch(urls, options) for way in ways}
    return {
        (table, row): {way: run[number] for way, run in runs.items()}
        for number, (table, row, _) in enumerate(responses)
    }


def word(outcome: cf.Outcome) -> str:
    """Return how the tables name an outcome."""
    return outcome.kind if isinstance(outcome, cf.Failure) else str(outcome.status_code)


def tables(outcomes: Outcomes) -> str:
    """Return the tables of the page."""
    seen = {key: " / ".join(dict.fromkeys(map(word, by.values()))) for key, by in outcomes.items()}
    kinds = list(dict.fromkeys(seen[place, symbol] for place in PLACES for symbol in SYMBOLS))
    lines = ["", f"| place | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for place in PLACES:
        by_kind = [[s for s in SYMBOLS if seen[place, s] == kind] for kind in kinds]
        lines.append(f"| {place} | {' | '.join(map(_symbols, by_kind))} |")
    for table, rows in _ODD.items():
        lines += ["", f"### {table}", "", "| what comes | outcome |", "|---|---|"]
        lines += [f"| {_shown(row)} | {seen[table, row]} |" for row in rows]
    return "\n".join([*lines, ""])


def _symbols(names: list[str]) -> str:
    return "each of them" if len(names) == len(SYMBOLS) else ", ".join(names)


def _shown(text: str) -> str:
    short = re.sub(r"(\w)\1{11,}", lambda same: f"{same[1]}…×{len(same[0])}", text)
    shown = short.encode("unicode_escape").decode() if not short.isprintable() else short
    return shown.replace("|", "\\|").replace("``", "nothing")


def page(outcomes: Outcomes) -> str:
    """Return docs/responses.md with its tables written anew."""
    text = PAGE.read_text(encoding="utf-8")
    return _TABLES.sub(lambda _: tables(outcomes), text)


if __name__ == "__main__":
    PAGE.write_text(page(outcomes_of()), encoding="utf-8")
