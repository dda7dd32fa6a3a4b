"""In processes: an event loop on each of several cores, and one feed for all of them."""

from collections.abc import Generator, Iterable
from functools import partial

from concurrent_fetch.feed import Feed, check_plain_urls
from concurrent_fetch.fetch import AsyncClient, find_async_client
from concurrent_fetch.model import (
    Options,
    Outcome,
    Request,
    Run,
    Stopwatch,
    check_options,
    options_home,
)
from concurrent_fetch.strategies._counted import Tick, counted, tally_of
from concurrent_fetch.strategies._dispatch import Dispatch
from concurrent_fetch.strategies._kept_processes import KEPT, ready
from concurrent_fetch.strategies._worker import is_worker
from concurrent_fetch.strategies._workers import count_of
from concurrent_fetch.words import hinted

_DEFAULTS = Options()


@hinted(options_home("fetch_processes(urls, Options({}))"))
def fetch_processes(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    processes: int | None = None,
    client: str | AsyncClient = "aiohttp",
) -> Run:
    """Fetch the URLs in several processes, with an event loop each; return all in URL order.

    `options.concurrency` is shared out among the processes, and no more fetches are in flight in
    all of them together; nor are there more processes than that, or than URLs. `processes` is None
    for one on each core that this process may use. `work`, `sink` and `Retry.on` are called there,
    on as many cores at once, and must come from a module that can be imported, not from the script
    or the notebook itself; a response that may be tried again, and is not, gets `work` and `sink`
    here. Limits, retries and the journal are those of one run.

    The processes are started for the call, which takes some tenths of a second, and end with it.
    A URL whose process dies is fetched by another one, and is a failure of kind "other" if that
    dies, too. No URLs give an empty `Run`; with `Options.journal` it has what is new, as that of
    `fetch_threaded`. `Run.cpu` has the CPU time of the processes, too.

    >>> run = fetch_processes(urls, Options(work=my_module.parse))

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is a blocking one;
            something that the processes need cannot be sent to them, and what to write instead; a
            tag cannot be written into the journal.
        ValueError: `processes` is below 1.
        UnknownNameError: there is no async client of that name.
        FormatError: the journal is damaged, or the file is no journal.
        OSError: the journal cannot be opened or written, or another run writes it; the system has
            no room for another process.
        RuntimeError: a process died as it started; or this one is such a process itself.
    """
    dispatch, outcomes = _begun(
        "fetch_processes", urls, options, client, processes=processes, at_once=False
    )
    watch = Stopwatch("fetch_processes", options)
    return watch.run(outcomes, dispatch.feed, lambda: dispatch.cpu)


@hinted(options_home("iter_processes(urls, Options({}))"))
def iter_processes(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    processes: int | None = None,
    client: str | AsyncClient = "aiohttp",
) -> Generator[Outcome, None, None]:
    """Fetch the URLs in several processes; yield the outcomes as they complete.

    The URLs are read in a thread, at most five times `concurrency` ahead of the outcomes taken;
    with limits of hosts 10,000 more, so that others are found. Arguments are checked at the call;
    errors as in `fetch_processes`. When the generator ends or is closed, the processes end, and
    with them what is in flight.

    An outcome is in `Options.journal` before it is yielded: what a program that dies has not taken
    yet, at most five times `concurrency`, counts as done all the same.
    """
    return _begun("iter_processes", urls, options, client, processes=processes)[1]


def begin_processes(
    name: str,
    urls: Iterable[str | Request],
    options: Options,
    client: str | AsyncClient,
    processes: int | None = None,
) -> tuple[Feed, Generator[Outcome, None, None]]:
    """Return the feed and the outcomes of a fetch, told of as `name`."""
    dispatch, outcomes = _begun(name, urls, options, client, processes=processes)
    return dispatch.feed, outcomes


def _begun(
    name: str,
    urls: Iterable[str | Request],
    options: Options,
    client: str | AsyncClient,
    *,
    processes: int | None,
    at_once: bool = True,
) -> tuple[Dispatch, Generator[Outcome, None, None]]:
    """Check the arguments; return what serves the run, and its outcomes."""
    check_options(options)
    check_plain_urls(urls)
    _check_starts_here()
    find_async_client(client)
    count = count_of(urls, options, processes)
    dispatch = Dispatch(
        urls,
        options,
        client,
        acquire=partial(KEPT.acquire, client, count),
        release=KEPT.release,
        at_once=at_once,
    )
    made = tally_of(name, urls, options, dispatch.feed)
    return dispatch, _ended(dispatch.feed, counted(partial(_outcomes, dispatch, count), made))


def _outcomes(dispatch: Dispatch, count: int, tick: Tick) -> Generator[Outcome, None, None]:
    if count:
        yield from dispatch.outcomes(tick)


def _ended(feed: Feed, outcomes: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
    try:
        yield from outcomes
    finally:
        feed.end()


def _check_starts_here() -> None:
    """Refuse to start processes in one of ours: a module that does so when it is imported would.

    Raises:
        RuntimeError: this is one.
    """
    if is_worker():
        raise RuntimeError(
            "fetch_processes was called in one of its own worker processes, where a module is "
            "imported for the work: write the call below if __name__ == '__main__':, or into "
            "another module than the work"
        )


fetch_processes.ready = ready  # type: ignore[attr-defined]  # of a function, as strategies have it
