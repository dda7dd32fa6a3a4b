"""How many connections may be open, and which of them waits no longer when there are more.

A connection whose host is done would stay open until its client closes: with many hosts a process
runs out of descriptors. So what was used longest ago is closed before another one is opened.
"""

import warnings
from collections.abc import Iterable
from typing import Generic, TypeVar

from concurrent_fetch.model import Options

_ENOUGH = 80  # idle connections of a client
# What is documented: besides those, sockets that race, and others that are just being closed.
_BOUND = 100

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


def most_open(options: Options) -> int:
    """Return how many connections a client may have open: those in flight, and idle ones."""
    return options.concurrency + _ENOUGH


def most_of_a_line(options: Options) -> int:
    """Return the same for what serves one request at a time, of which there are `concurrency`."""
    return max(2, most_open(options) // options.concurrency)


def warn_of_few_descriptors(options: Options) -> None:
    """Say so, once, where the options may need more descriptors than this process may have."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows, nor such a limit
    except ImportError:
        return
    needed = 2 * options.concurrency + _BOUND
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit not in (resource.RLIM_INFINITY, -1) and needed > limit:
        warnings.warn(
            f"concurrency={options.concurrency} may need {needed} file descriptors, and this "
            f"process may have {limit}: lower it, or allow more (ulimit -n {needed})",
            stacklevel=2,
        )


class Kept(Generic[_Key, _Kept]):
    """What one line keeps open, by where it leads to."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: dict[_Key, _Kept] = {}  # what was used last stands last
        self._latest: tuple[_Key, _Kept] | None = None  # nearly always the one asked for

    def get(self, key: _Key) -> _Kept | None:
        """Return what leads there, and count it as used."""
        if self._latest is not None and self._latest[0] == key:
            return self._latest[1]
        found = self._items.pop(key, None)
        if found is not None:
            self.add(key, found)
        return found

    def make_room(self) -> _Kept | None:
        """Return what is to be closed before something is added, and forget it."""
        if len(self._items) < self._most:
            return None
        self._latest = None
        return self._items.pop(next(iter(self._items)))

    def add(self, key: _Key, item: _Kept) -> None:
        """Keep something that leads there."""
        self._items[key] = item
        self._latest = key, item

    def forget(self, key: _Key) -> None:
        """Keep no more what leads there."""
        self._latest = None
        self._items.pop(key, None)

    def all(self) -> Iterable[_Kept]:
        """Return all that is kept; also while another thread adds something."""
        return self._items.copy().values()  # one step, also without a GIL
