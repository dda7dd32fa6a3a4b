"""JSON lines: a run as `Options.journal` writes it, and the run of all that a journal holds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._codec import read_fields
from concurrent_fetch.export._view import View
from concurrent_fetch.feed import JournalWriter, head_line, key_of_tree, tree_of, warn_of_torn
from concurrent_fetch.http import Headers
from concurrent_fetch.model import (
    Failure,
    Options,
    Outcome,
    Request,
    Response,
    Retry,
    Run,
    Timing,
    check_outcome,
)

_Tree = dict[str, Any]
_BOTH = {name: name for name in ("method", "tag", "key", "attempts", "worker")}
_FIELDS: Mapping[type, Mapping[str, str]] = {
    Response: {
        **_BOTH,
        **{
            name: name for name in ("size", "wire_size", "digest", "sink", "http_version", "reused")
        },
        "status": "status_code",
    },
    Failure: {**_BOTH, "kind": "kind", "message": "message", "error": "error"},
}
"""What a line says of an outcome, and the field that it fills."""


def write(view: View) -> str:
    """Return a run as `.jsonl`, a line for each outcome.

    Raises:
        FormatError: it is no run, or holds what a line cannot.
    """
    run = view.result
    if not isinstance(run, Run):
        kind = type(run).__name__
        raise FormatError(f".jsonl holds a Run, and no {kind}; save the {kind} as .json or .csv")
    retry = run.options.retry or Retry()
    first = min((outcome.timing.started for outcome in run), default=0.0)
    writer = JournalWriter(run.options, run.started_at.timestamp() - first)
    lines = [head_line(run.options, 1, run.started_at, strategy=run.strategy)]
    for place, outcome in enumerate(run):
        _check(outcome, f"outcome {place}")
        done = _is_done(outcome, retry)
        lines.append(writer.line_of(outcome.url, outcome, done=done, known=outcome.key))
    return b"".join(lines).decode()


def read(data: bytes, path: str) -> Run:
    """Return the run of everything: the last record of each URL, as often as it was asked for.

    In the order in which they first appear. Times are told from the first start.

    Raises:
        FormatError: it is damaged, or no journal; with the number of the line.
    """
    *lines, torn = data.split(b"\n")
    if torn:
        warn_of_torn(path, len(torn), "is left out")
    collected = _Collected()
    for number, line in enumerate(lines, 1):
        collected.add(tree_of(line, number, path), number)
    if not lines:
        raise FormatError(f"{path}: no line of it was written to its end")
    return _run_of(collected, path)


def _is_done(outcome: Outcome, retry: Retry) -> bool:
    """Whether a journal that goes on from here does not fetch it again."""
    if outcome.method != "GET" and outcome.key is None:
        return False  # what was sent is not known: its line is not found
    is_done = isinstance(outcome, Response) and not retry.concerns(outcome)
    return is_done or not Request(outcome.url, method=outcome.method).is_idempotent


class _Line(NamedTuple):
    tree: _Tree
    number: int


class _Collected:
    """The last line of each URL, as often as it was asked for; those of a run are all different."""

    def __init__(self) -> None:
        self.head: _Tree = {}
        self.places: list[_Line] = []
        self._open: dict[int, list[int]] = {}  # places that a later run may do better
        self._failed: list[tuple[int, int]] = []  # of this run, by key

    def add(self, tree: _Tree, number: int) -> None:
        if "journal" in tree:
            self.head = tree
            for key, place in self._failed:
                self._open.setdefault(key, []).append(place)
            self._failed.clear()
            return
        key, line = key_of_tree(tree), _Line(tree, number)
        if earlier := self._open.get(key):
            place = earlier.pop(0)
            self.places[place] = line
        else:
            place = len(self.places)
            self.places.append(line)
        if not tree["done"]:
            self._failed.append((key, place))


def _run_of(collected: _Collected, path: str) -> Run:
    head = collected.head
    try:
        options = read_fields(Options, head["options"], "options")
        made = Options(**options)
    except (FormatError, TypeError, ValueError) as error:
        raise FormatError(f"{path}: the last line of a start is damaged: {error}") from None
    starts = [_number(line, "started", path) for line in collected.places]
    first = min(starts, default=0.0)
    outcomes = [
        _outcome(line, place, start - first, path)
        for place, (line, start) in enumerate(zip(collected.places, starts, strict=True))
    ]
    strategy = head.get("strategy")
    return Run(
        outcomes=outcomes,
        strategy=strategy if isinstance(strategy, str) else Path(path).name,
        options=made,
        started_at=_moment(first, path) if outcomes else datetime.now(UTC),
        elapsed=max((outcome.timing.finished for outcome in outcomes), default=0.0),
        cpu=0.0,
    )


def _outcome(line: _Line, place: int, started: Seconds, path: str) -> Outcome:
    tree = line.tree
    kind: type[Response | Failure] = Response if "status" in tree else Failure
    facts = {field: tree[name] for name, field in _FIELDS[kind].items() if name in tree}
    finished = started + _number(line, "elapsed", path)
    facts |= {"url": tree["url"], "index": place}
    facts["timing"] = Timing(started=started, finished=finished)
    if kind is Response:
        facts["final_url"] = tree.get("final_url", tree["url"])
        facts |= {"headers": Headers(), "redirects": tree.get("redirects", ())}
    try:
        outcome = kind(**facts)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{path}: line {line.number} is damaged: {error}") from None
    _check(outcome, f"{path}: line {line.number}")
    return outcome


def _check(outcome: Outcome, where: str) -> None:
    try:
        check_outcome(outcome)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{where}: {error}") from None
    if type(outcome.tag) not in (str, int, type(None)):
        raise FormatError(f"{where}: its tag is no str, int or None, and cannot be written")


def _number(line: _Line, name: str, path: str) -> float:
    value: Any = line.tree.get(name)
    if type(value) not in (int, float) or not 0 <= value < _LATEST:
        raise FormatError(f'{path}: line {line.number} is damaged: its "{name}" is no time')
    return float(value)


_LATEST = 2.0**35  # about the year 3000


def _moment(seconds: Seconds, path: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise FormatError(f"{path}: its first time is damaged: {error}") from None
