"""The journal of a run: what earlier runs have done, and a line for each outcome of this one."""

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, time
from typing import Any

from concurrent_fetch.feed._done_keys import DoneKeys, key_of
from concurrent_fetch.feed._job import Job
from concurrent_fetch.feed._journal_file import JournalFile
from concurrent_fetch.feed._journal_lines import (
    BEGINS,
    Head,
    JournalWriter,
    head_line,
    options_tree,
    parsed,
)
from concurrent_fetch.model import Options, Outcome, Request

_MOST = 2**63


class Journal:
    """An open journal. From any thread.

    Raises:
        BlockingIOError: another run writes it.
        FormatError: it is damaged, or no journal.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: str, options: Options) -> None:
        self.skipped = 0
        """How many URLs were not fetched, since they are done."""
        self._last: Head | None = None
        self._runs = 0
        file = JournalFile(path, sync=options.journal_sync)
        try:
            self._done = DoneKeys(self._read(parsed(file.lines(BEGINS), path)))
            if self._last is not None:
                _warn_of_changes(path, self._last.tree["options"], options_tree(options))
            file.add(head_line(options, self._runs + 1, datetime.now(UTC)))
        except BaseException:
            file.close()
            raise
        self.close: Callable[[], None] = file.close
        """Write no more, and let others write."""
        self._add = file.add
        self._writer = JournalWriter(options, time() - perf_counter())

    def is_done(self, asked: str | Request) -> bool:
        """Whether what is asked for is done, once more than it was asked for so far."""
        if type(asked) is not str:
            check_tag(asked)
        if self._done and self._done.take(key_of(asked)):
            self.skipped += 1
            return True
        return False

    def note(self, job: Job, outcome: Outcome, *, done: bool) -> None:
        """Write what came of a job. When it returns, that is not lost if this process dies.

        Raises:
            OSError: it cannot be written.
        """
        asked = job.url if job.request is None else job.request
        self._add(self._writer.line_of(asked, outcome, done=done))

    def _read(self, lines: Iterator[Any]) -> Iterator[int]:
        """Yield the keys of what is done."""
        for line in lines:
            if type(line) is Head:
                self._last = line
                self._runs += 1
            elif line.done:
                yield line.key


def check_tag(asked: object) -> None:
    """Refuse a tag that a line of a journal cannot hold.

    Raises:
        TypeError, ValueError: it is one.
    """
    if not isinstance(asked, Request):
        return
    tag = asked.tag
    if type(tag) is int and not -_MOST <= tag < _MOST:
        raise ValueError("with a journal, Request.tag must be an int of at most 64 bits, or a str")
    if type(tag) not in {str, int, type(None)}:
        raise TypeError(
            f"with a journal, Request.tag must be a str, an int or None, which can be written into "
            f"it, got {type(tag).__name__}"
        )


def _warn_of_changes(path: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    names = [name for name in new if name != "concurrency"]  # fetch_sync has always 1
    changed = [name for name in names if name not in old or old[name] != new[name]]
    if changed:
        warnings.warn(
            f"{Path(path).name} goes on with other options than its last run had: "
            f"{', '.join(changed)}; what is done is not fetched again",
            stacklevel=2,
        )
