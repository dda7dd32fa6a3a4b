"""One run over worker processes, for the one that takes its outcomes; a thread serves the workers.

The thread alone has the processes and the sockets: no signal ever comes there, so however a run
ends, it ends them too.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from queue import Empty

from concurrent_fetch._python import WORKERS_TIME, background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed
from concurrent_fetch.fetch import AsyncClient
from concurrent_fetch.model import Options, Outcome, Request
from concurrent_fetch.strategies._handover import Handover
from concurrent_fetch.strategies._judging import Judging
from concurrent_fetch.strategies._lines import Lines
from concurrent_fetch.strategies._sendable import sent_options
from concurrent_fetch.strategies._serving import TO_END, RaisedError, Serving
from concurrent_fetch.strategies._supply import Supply
from concurrent_fetch.strategies._workers import Pool

_TICK: Seconds = 0.1
Item = list[Outcome] | BaseException | None
"""What is handed over: final outcomes; what ended the run; None, when it is over."""


class Dispatch:
    """The run of one set of URLs.

    All that can be refused is refused when it is made. `acquire` returns the processes, and
    `release` takes them back when the run is over.

    Raises:
        TypeError: something cannot be sent to another process; the message says what to write.
    """

    def __init__(
        self,
        urls: Iterable[str | Request],
        options: Options,
        client: str | AsyncClient,
        *,
        acquire: Callable[[], Pool],
        release: Callable[[Pool], None],
        at_once: bool,
    ) -> None:
        sent = sent_options(options, client)  # not in the thread: pickling may import
        judging = Judging(options)
        self._lines = Lines()
        self._supply = Supply(urls, judging.options, self._lines.ring)
        self._ready = Handover[Item](at_once=at_once or options.progress is not False)
        self._serving = Serving(
            self._supply, judging, self._lines, sent, self._ready.put, at_once=at_once
        )
        self._acquire, self._release = acquire, release

    @property
    def feed(self) -> Feed:
        """The one that all workers are fed from."""
        return self._supply.feed

    @property
    def cpu(self) -> Seconds:
        """CPU time of the workers in this run; known when it is over."""
        return self._serving.cpu

    def outcomes(self, tick: Callable[[], None] | None) -> Iterator[Outcome]:
        """Yield the outcomes as they arrive; ending it early ends the workers."""
        thread = background_thread(self._run, "fetch-processes")
        try:
            thread.start()
            while (item := self._waited_for(tick)) is not None:
                if isinstance(item, BaseException):
                    raise item.error if isinstance(item, RaisedError) else item
                yield from item
                self._serving.took(len(item))
        finally:
            self._serving.is_stopped = True
            self._supply.stop()
            self._lines.ring()
            if thread.ident is not None:
                thread.join(2 * TO_END)

    def _waited_for(self, tick: Callable[[], None] | None) -> Item:
        while True:  # in ticks: a signal at the very start of a wait is seen after it
            with contextlib.suppress(Empty):
                return self._ready.get(timeout=_TICK)
            if tick is not None:
                tick()

    def _run(self) -> None:
        """Serve the workers, in the thread for it."""
        pool: Pool | None = None
        error: BaseException | None = None
        try:
            with self._lines:
                pool = self._acquire()
                self._serving.serve(pool)
        except BaseException as raised:  # noqa: BLE001 - raised where the outcomes are taken
            error = raised
        finally:
            WORKERS_TIME.add(self._serving.cpu)
            if pool is not None:
                self._release(pool)
            self._ready.put(error, is_urgent=True)
