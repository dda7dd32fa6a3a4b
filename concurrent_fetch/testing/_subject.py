"""Subject: a part under check, client or strategy, behind one way of fetching with it.

A client is checked through the built-in strategy of its colour, so that most checks need not know
which of the two they hold.
"""

from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator, Sequence
from functools import partial
from time import perf_counter, process_time
from typing import Any, TypeAlias

import attrs

from concurrent_fetch.fetch import AsyncClient, Client
from concurrent_fetch.model import Options, Outcome, Request
from concurrent_fetch.runner import Bridge, Clocks, Driven, in_url_order
from concurrent_fetch.strategies import (
    Strategy,
    fetch_async,
    fetch_threaded,
    how_called,
    name_of,
)

Part: TypeAlias = Client | AsyncClient | Strategy

# Shorter than the limit of a check, so that a fetch that gets stuck is seen as a time-out.
_OPTIONS = Options(concurrency=8, timeout=5.0)


class DoesNotApply(Exception):  # noqa: N818 - a finding about the part, no error
    """The check asks for what this part does not claim to do; the text says why."""


class UnusableError(Exception):
    """What the part gave back cannot be judged further; the text says what it is."""


@attrs.frozen
class Subject:
    """A part under check, and the strategy that fetches with it."""

    name: str
    part: Part
    strategy: Strategy

    def drive(self, urls: Sequence[str], **changes: Any) -> Driven:
        """Fetch the URLs; return what came back as it is, with its times."""
        with Bridge(Clocks(perf_counter, process_time)) as bridge:
            return bridge.drive(self.strategy, list(urls), options(**changes))

    def fetch(self, urls: Sequence[str], **changes: Any) -> list[Outcome]:
        """Fetch the URLs; return the outcomes in their order."""
        return matched(self.drive(urls, **changes).returned, urls)

    def fetch_one(self, url: str, **changes: Any) -> Outcome:
        """Fetch one URL."""
        return self.fetch([url], **changes)[0]

    def ask(self, requests: Sequence[Request], **changes: Any) -> list[Outcome]:
        """Send the requests one after another; return the outcomes in their order.

        Raises:
            DoesNotApply: the client does not declare that it sends such.
        """
        declared: frozenset[str] = getattr(self.part, "methods", frozenset())
        missing = {request.method for request in requests} - declared
        if missing and "*" not in declared:
            raise DoesNotApply(f"it does not declare that it sends {', '.join(sorted(missing))}")
        changes["concurrency"] = 1
        with Bridge(Clocks(perf_counter, process_time)) as bridge:
            asked: list[Any] = list(requests)
            returned = bridge.drive(self.strategy, asked, options(**changes)).returned
        return matched(returned, [request.url for request in requests])

    def call(self, urls: Sequence[str], **changes: Any) -> Any:
        """Call the strategy and return what it returned, as yet undriven."""
        return how_called(self.strategy).call(self.strategy, list(urls), options(**changes))

    @property
    def is_async(self) -> bool:
        """Whether it belongs on an event loop, as told by what it returns for no URLs."""
        return isinstance(self._probed(), (Awaitable, AsyncIterable))

    @property
    def is_lazy(self) -> bool:
        """Whether it yields outcomes one by one."""
        return isinstance(self._probed(), (Iterator, AsyncIterable))

    def _probed(self) -> Any:
        returned = self.call([])
        close = getattr(returned, "close", None)
        if close is not None:
            close()  # a coroutine that nobody awaits would complain
        return returned


def options(**changes: Any) -> Options:
    """Return the options of the checks with these changes."""
    return attrs.evolve(_OPTIONS, **changes)


def matched(returned: object, urls: Sequence[str]) -> list[Outcome]:
    """Return the outcomes in the order of the URLs; UnusableError if they are not one for each."""
    try:
        return in_url_order(returned, urls)
    except ValueError as error:
        raise UnusableError(str(error)) from None


async def consume(returned: Awaitable[Iterable[Any]] | AsyncIterable[Any]) -> list[Any]:
    """Take all that an async strategy brings, on the running loop."""
    if isinstance(returned, AsyncIterable):
        return [outcome async for outcome in returned]
    return list(await returned)


def client_subject(client: Client | AsyncClient) -> Subject:
    """Return the subject for a client."""
    strategy: Strategy
    if isinstance(client, AsyncClient):
        strategy = partial(fetch_async, client=client)
    elif isinstance(client, Client):
        strategy = partial(fetch_threaded, client=client)
    else:
        raise TypeError(f"a client must be a Client or an AsyncClient, got {client!r}")
    return Subject(client.name, client, strategy)


def strategy_subject(strategy: Strategy) -> Subject:
    """Return the subject for a strategy."""
    if isinstance(strategy, (Client, AsyncClient)):
        raise TypeError(f"{strategy!r} is a client: check it with check_client")
    if not callable(strategy):
        raise TypeError(f"a strategy must be callable, got {strategy!r}")
    return Subject(name_of(strategy), strategy, strategy)


def subject_of(part: Part) -> Subject:
    """Return the subject for a client or a strategy."""
    if isinstance(part, (Client, AsyncClient)):
        return client_subject(part)
    return strategy_subject(part)
