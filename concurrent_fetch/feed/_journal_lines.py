"""The lines of a journal: one for each start, and one for each outcome. JSON, and nothing secret.

A start: `{"journal": "concurrent_fetch", "version": 1, "run": 2, "started_at": …, "options": …}`.
An outcome: `{"i", "done", "url", "key"?, …}`, then `"status"` and `"size"` of a response, `"kind"`
and `"message"` of a failure; what is as usual is left out.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from types import NoneType
from typing import Any, NamedTuple

import attrs

from concurrent_fetch._python import own_version
from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import FormatError
from concurrent_fetch.feed._done_keys import is_plain, key_of, key_of_bytes
from concurrent_fetch.feed._journal_file import not_ours
from concurrent_fetch.http import Headers, redact
from concurrent_fetch.model import COLUMNS, Options, Outcome, Request, Response
from concurrent_fetch.words import called

VERSION = 1
BEGINS = b'{"journal":"concurrent_fetch"'
_TEXT = rb'"[^"\\\x00-\x1f]*+(?:\\["\\/bfnrtu][^"\\\x00-\x1f]*+)*"'
_VALUE = rb"(?:" + _TEXT + rb"|-?\d\d*+(?:\.\d\d*+)?|true|false|null)"
_HEX = re.compile("[0-9a-f]{16}")


class Record(NamedTuple):
    """What resuming needs of the line of an outcome."""

    key: int
    done: bool


class Head(NamedTuple):
    """The line of a start."""

    tree: dict[str, Any]


# --- out ---


def head_line(options: Options, run: int, started_at: datetime, **facts: object) -> bytes:
    """Return the line of a start."""
    tree = {
        "journal": "concurrent_fetch",
        "version": VERSION,
        "run": run,
        "started_at": started_at.isoformat(),
        "written_by": f"concurrent_fetch {own_version()}",
        **facts,
        "options": options_tree(options),
    }
    return json.dumps(tree, separators=(",", ":")).encode() + b"\n"


def options_tree(options: Options) -> dict[str, Any]:
    """Return what JSON can hold of options, without what is secret."""
    tree: dict[str, Any] = _tree(options.without_secrets())
    return tree


def _tree(value: Any) -> Any:
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value)
    if callable(value):
        return called(value)
    return {f.name: _tree(getattr(value, f.name)) for f in attrs.fields(type(value)) if f.eq}


_WRITTEN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (str, redact),
    ((NoneType, bool, int, float), lambda value: value),
    (Headers, lambda headers: [[name, redact(text)] for name, text in headers.redacted()]),
    (Mapping, lambda mapping: {redact(str(key)): _tree(item) for key, item in mapping.items()}),
    (tuple, lambda values: [_tree(value) for value in values]),
    (frozenset, lambda values: [_tree(value) for value in sorted(values, key=str)]),
)


class JournalWriter:
    """Makes the line of an outcome. `clock` is what is added to its times to make them UTC."""

    def __init__(self, options: Options, clock: Seconds) -> None:
        self._also = options.secret_params
        self._clock = clock

    def line_of(
        self, asked: Any, outcome: Outcome, *, done: bool, known: str | None = None
    ) -> bytes:
        """Return the line of the outcome of what was asked for: a URL or a request.

        `known` is its key, where `asked` does not say it any more.
        """
        url = redact(outcome.url, self._also)
        if known is None and url != asked and not self._is_told(asked, url):
            known = f"{key_of(asked):016x}"
        key = "" if known is None else f',"key":"{known}"'
        rest = "".join([f',"{n}":{_text_of(v)}' for n, v in self._more(outcome)])
        timing = outcome.timing
        return (
            f'{{"i":{outcome.index:d},"done":{"true" if done else "false"},"url":{quoted(url)}{key}'
            f'{self._came(outcome)},"started":{timing.started + self._clock:.6f}'
            f',"elapsed":{timing.elapsed:.6f},"attempts":{outcome.attempts:d}'
            f',"worker":{quoted(outcome.worker)}{rest}}}\n'
        ).encode("ascii")

    @staticmethod
    def _is_told(asked: Any, url: str) -> bool:
        """Whether the URL in the line is all that the key is made of."""
        if isinstance(asked, Request):
            return is_plain(asked) and asked.url == url
        return bool(asked == url) or (not isinstance(asked, str) and repr(asked) == url)

    def _came(self, outcome: Outcome) -> str:
        if isinstance(outcome, Response):
            return f',"status":{outcome.status_code:d},"size":{outcome.size:d}'
        message = COLUMNS["message"](outcome, self._also)
        return f',"kind":{quoted(outcome.kind)},"message":{quoted(message)}'

    def _more(self, outcome: Outcome) -> Iterator[tuple[str, object]]:
        """Yield what is not as usual."""
        if outcome.method != "GET":
            yield "method", outcome.method
        if outcome.tag is not None:
            yield "tag", outcome.tag
        if not isinstance(outcome, Response):
            if outcome.error is not None:
                yield "error", COLUMNS["error"](outcome, self._also)
            return
        if outcome.final_url != outcome.url:
            yield "final_url", redact(outcome.final_url, self._also)
        if outcome.redirects:
            yield "redirects", [redact(url, self._also) for url in outcome.redirects]
        if outcome.sink is not None:
            yield "sink", COLUMNS["sink"](outcome, self._also)
        for name, usual in _USUAL:
            if (value := getattr(outcome, name)) != usual:
                yield name, value


def _text_of(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int:
        return str(value)
    return _CONSTANTS[value] if kind is bool else json.dumps(value)


_CONSTANTS = {True: "true", False: "false"}
_USUAL: tuple[tuple[str, object], ...] = (
    ("wire_size", None),
    ("digest", None),
    ("http_version", "1.1"),
    ("reused", None),
)


# --- in ---


@functools.cache  # few runs read one, and all would pay for it
def _record() -> re.Pattern[bytes]:
    """Return the pattern of a line as it is written here: the rest of it is not looked into."""
    return re.compile(
        rb'\{"i":\d\d*+,"done":(?:(true)|false),"url":('
        + _TEXT
        + rb')(?:,"key":"([0-9a-f]{16})")?(?:,"(?!key")[a-z_][a-z_]*+":'
        + _VALUE
        + rb")*\}\n"
    )


def parsed(lines: Iterable[bytes], path: str) -> Iterator[Record | Head]:
    """Yield what each line says, as far as resuming needs it; the first is the head of a run.

    Raises:
        FormatError: a line is damaged, or is none of ours; with its number.
    """
    fits = _record().fullmatch
    for number, line in enumerate(lines, 1):
        found = fits(line)
        if found is None or number == 1:
            yield _slowly(line, number, path)
            continue
        done, url, key = found.groups()
        yield Record(int(key, 16) if key else _key_of_quoted(url), done is not None)


def _key_of_quoted(url: bytes) -> int:
    return key_of(json.loads(url)) if b"\\" in url else key_of_bytes(url[1:-1])


def _slowly(line: bytes, number: int, path: str) -> Record | Head:
    tree = tree_of(line, number, path)
    if "journal" in tree:
        return Head(tree)
    return Record(key_of_tree(tree), tree["done"])


def key_of_tree(tree: Mapping[str, Any]) -> int:
    """Return the key of a line of an outcome."""
    return int(tree["key"], 16) if "key" in tree else key_of(tree["url"])


def tree_of(line: bytes, number: int, path: str) -> dict[str, Any]:
    """Return a line as a tree: of an outcome it has a `url` and whether it is `done`.

    Raises:
        FormatError: it is damaged, or none of ours; with its number.
    """
    where = f"{path}: line {number}"
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError) as error:
        if number == 1 and not line.startswith(BEGINS):
            raise not_ours(path) from None
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise FormatError(f"{where} is damaged: not JSON: {said}") from None
    is_head = isinstance(tree, dict) and tree.get("journal") == "concurrent_fetch"
    if number == 1 and not is_head:
        raise not_ours(path)
    if not isinstance(tree, dict):
        raise FormatError(f"{where} is damaged: it is no object")
    for name, fits in (_OF_HEADS if is_head else _OF_OUTCOMES).items():
        if not fits(tree.get(name)):
            raise FormatError(f'{where} is damaged: its "{name}" is missing or wrong')
    if is_head and tree["version"] > VERSION:
        raise FormatError(f"{where} was written by a newer version; update concurrent_fetch")
    return tree


def _is_key(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _HEX.fullmatch(value) is not None)


_Fits = Mapping[str, Callable[[Any], bool]]
_OF_HEADS: _Fits = {
    "version": lambda value: type(value) is int and value >= 1,
    "options": lambda value: isinstance(value, dict),
}
_OF_OUTCOMES: _Fits = {
    "done": lambda value: isinstance(value, bool),
    "url": lambda value: isinstance(value, str),
    "key": _is_key,
}
