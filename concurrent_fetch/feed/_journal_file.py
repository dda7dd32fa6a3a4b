"""The file of a journal: whole lines are added to it, by one writer at a time.

A line is written by one call to the system, so it is there whole or not at all once that returns,
whatever becomes of this process. Lines reach the disk about once a second, from a helper thread.
"""

import contextlib
import errno
import os
import stat
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from weakref import WeakSet

from concurrent_fetch._files import check_folder
from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import FormatError

_TICK: Seconds = 1.0
_FAR = 2**31 - 2  # where no line stands: Windows locks bytes, and nobody could read them
_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class JournalFile:
    """An open journal, locked; from any thread.

    Raises:
        BlockingIOError: another run writes it.
        FormatError: it is no plain file.
        OSError: it cannot be opened.
    """

    def __init__(self, path: str, *, sync: bool = True) -> None:
        check_folder(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._path = path
        self._file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
        self._lock = threading.Lock()
        self._syncs = sync
        self._is_new = False  # whether something was written that may not be on the disk
        self._is_open = True
        self._error: OSError | None = None
        self._end = threading.Event()
        self._helper: threading.Thread | None = None
        _open.add(self)
        try:
            _check_plain(self._file, path)
            _lock(self._file, path)
        except BaseException:
            self.close()
            raise

    def lines(self, begins: bytes) -> Iterator[bytes]:
        """Yield the lines there are; cut off the last one if it was not written to its end.

        `begins`: how the first line of a journal begins. Of another file nothing is cut.
        """
        end = 0
        with Path(self._path).open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                yield line
            else:
                return
        if not end and line[: len(begins)] != begins[: len(line)]:
            raise not_ours(self._path)
        os.ftruncate(self._file, end)
        warn_of_torn(self._path, len(line), "was cut off")

    def add(self, line: bytes) -> None:
        """Write a line. After the end of the run: nothing.

        Raises:
            OSError: it cannot be written, or an earlier one could not.
        """
        with self._lock:
            if not self._is_open:
                return
            if self._error is not None:
                raise self._error
            try:
                _write(self._file, line, self._path)
            except OSError as error:
                self._error = error  # what came behind a torn line could not be read
                raise
            self._is_new = True
            if self._helper is None and self._syncs:
                self._start()

    def close(self) -> None:
        """Let go of it; what was written is on the disk then."""
        self._end.set()
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
            try:
                if self._is_new and self._syncs:
                    _sync(self._file)
            finally:
                _unlock(self._file)
                os.close(self._file)

    def let_go_in_child(self) -> None:
        """Close it without a word: it is the parent's, whose lock would live on with this child."""
        if self._is_open:
            self._is_open = False
            os.close(self._file)

    def _start(self) -> None:
        self._helper = background_thread(self._sync_now_and_then, "fetch-journal")
        with contextlib.suppress(RuntimeError):  # the system has no more threads
            self._helper.start()

    def _sync_now_and_then(self) -> None:
        while not self._end.wait(_TICK):
            with self._lock:
                if not (self._is_open and self._is_new):
                    continue
                self._is_new = False
                copy = os.dup(self._file)  # so that nobody waits for the disk
            try:
                _sync(copy)
            except OSError as error:
                self._error = self._error or error
            finally:
                os.close(copy)


_open = WeakSet[JournalFile]()


def _let_go_of_all() -> None:
    for file in list(_open):
        file.let_go_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_let_go_of_all)


def not_ours(path: str) -> FormatError:
    """Return the error for a file that is no journal."""
    return FormatError(
        f'{path}: this is no journal: its first line has no "journal": "concurrent_fetch"'
    )


def warn_of_torn(path: str, size: int, what: str) -> None:
    """Warn that the last line was not written to its end."""
    warnings.warn(
        f"{Path(path).name}: the last line was not written to its end and {what} "
        f"({size:,} byte{'s' * (size != 1)}): what it was about counts as not done",
        stacklevel=2,
    )


def _check_plain(file: int, path: str) -> None:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise FormatError(f"{path}: a journal is a plain file, and this is none")


def _write(file: int, line: bytes, path: str) -> None:
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def _lock(file: int, path: str) -> None:
    try:
        _set_lock(file, locked=True)
    except (BlockingIOError, PermissionError):
        raise BlockingIOError(
            errno.EAGAIN, "another run writes this journal; wait for its end, or name another", path
        ) from None


def _unlock(file: int) -> None:
    """Let go of the lock: a child of this process may hold the file open for longer."""
    with contextlib.suppress(OSError):
        _set_lock(file, locked=False)


def _set_lock(file: int, *, locked: bool) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - there and nowhere else

        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK if locked else msvcrt.LK_UNLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if locked else fcntl.LOCK_UN)
