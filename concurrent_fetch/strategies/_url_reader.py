"""Reading the URLs of an iterable that may take its time."""

import threading
from collections.abc import AsyncIterable, Callable, Iterable
from itertools import islice
from queue import SimpleQueue
from typing import Any

from concurrent_fetch._python import background_thread
from concurrent_fetch.feed import Feed
from concurrent_fetch.model import Request


class Offered(AsyncIterable[Any]):
    """Stands for an iterable that a thread of its own reads: a feed does not read it."""

    def __aiter__(self) -> Any:
        raise NotImplementedError


class URLReader:
    """Reads an iterable in a thread of its own, as far as it is asked to: it may take its time."""

    def __init__(self, urls: Iterable[str | Request], feed: Feed, tell: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        """What reading raised."""
        self._urls = urls
        self._feed = feed
        self._tell = tell
        self._asked = SimpleQueue[int]()
        self._is_asked = False
        self._thread: threading.Thread | None = None

    def ask(self, count: int) -> None:
        """Ask for so many more, unless it reads already."""
        if self._is_asked:
            return
        self._is_asked = True
        self._asked.put(count)
        if self._thread is None:
            self._thread = background_thread(self._read, "fetch-urls")
            self._thread.start()

    def stop(self) -> None:
        """Read no more; it may be inside the iterable still, which nobody can interrupt."""
        self._asked.put(0)

    def _read(self) -> None:
        try:
            urls = iter(self._urls)
            while (count := self._asked.get()) > 0:
                read = 0
                for url in islice(urls, count):
                    read += 1
                    self._feed.offer(url)
                    self._tell()
                if read < count:
                    self._feed.close()
                    return
                self._is_asked = False
                self._tell()
        except BaseException as error:  # noqa: BLE001 - raised where the outcomes are taken
            self.error = error
        finally:
            self._tell()
