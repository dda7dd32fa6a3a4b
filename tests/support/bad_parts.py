"""Clients and strategies with one fault each, as people write them: the kit must find it."""

import asyncio
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import attrs
import requests

import concurrent_fetch as cf
from concurrent_fetch import Client, Exchange, Options, Outcome, Run
from concurrent_fetch.clients import requests_client

Send = Callable[[Any], object]


def spoilt(name: str, spoil: Callable[[Send], Send]) -> Client:
    """The client on requests, whose `send` has been made worse."""

    @contextmanager
    def _open(options: Options) -> Iterator[Send]:
        with requests_client.open(options) as send:
            yield spoil(send)

    return Client(name, _open, failures=requests_client.failures, methods=requests_client.methods)


class Altered:
    """An exchange, as a bad client shows it to the good one below."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self.exchange, name)


class Decoding(Altered):
    decoder: Any = None

    def take(self, head: Any) -> None:
        if head.codings:
            self.decoder = zlib.decompressobj(47)
        self.exchange.take(head)

    def receive(self, chunk: bytes) -> None:
        self.exchange.receive(self.decoder.decompress(chunk) if self.decoder else chunk)


class Talkative(Altered):
    @property
    def headers(self) -> Mapping[str, str]:
        return {**self.exchange.headers, "X-Client": "mine/1.0"}


class GetsOnly(Altered):
    """As a client does that declares what it does not look at."""

    @property
    def method(self) -> str:
        return "GET"

    @property
    def content(self) -> bytes | None:
        return None

    @property
    def headers(self) -> Mapping[str, str]:
        fields = self.exchange.headers
        return {n: v for n, v in fields.items() if not n.startswith("Content-")}


class Patient(Altered):
    @property
    def deadline(self) -> float:
        return self.exchange.deadline + 100


def retrying(send: Send) -> Send:
    def again(exchange: Exchange) -> None:
        try:
            send(exchange)
        except (ConnectionError, OSError):
            send(exchange)

    return again


def one_at_a_time(send: Send) -> Send:
    lock = threading.Lock()

    def locked(exchange: Exchange) -> None:
        with lock:
            send(exchange)

    return locked


test_is_over = threading.Event()


@contextmanager
def _open_with_thread(options: Options) -> Iterator[Send]:
    threading.Thread(target=test_is_over.wait, name="left behind", daemon=True).start()
    with requests_client.open(options) as send:
        yield send


@contextmanager
def _open_to_anywhere(options: Options) -> Iterator[Send]:
    with requests_client.open(attrs.evolve(options, allow_private=True)) as send:
        yield send


claims_to_check = Client(
    "trusting", _open_to_anywhere, failures=requests_client.failures, checks_addresses=True
)
decodes_silently = spoilt("decodes", lambda send: lambda exchange: send(Decoding(exchange)))
sends_gets = spoilt("gets", lambda send: lambda exchange: send(GetsOnly(exchange)))
adds_headers = spoilt("talkative", lambda send: lambda exchange: send(Talkative(exchange)))
ignores_the_deadline = spoilt("patient", lambda send: lambda exchange: send(Patient(exchange)))
retries_silently = spoilt("retrying", retrying)
queues = spoilt("queueing", one_at_a_time)
leaks_a_thread = Client("leaking", _open_with_thread, failures=requests_client.failures)


@contextmanager
def _open_session(_: Options) -> Iterator[Send]:
    with requests.Session() as session:

        def send(exchange: Exchange) -> None:
            with session.get(exchange.url, headers=exchange.headers, stream=True) as response:
                exchange.answer(response.status_code, response.raw.headers.items())
                for chunk in response.raw.stream(65536, decode_content=False):
                    exchange.receive(chunk)

        yield send


redirects_itself = Client("redirecting", _open_session, failures=requests_client.failures)


# Strategies


def deduplicates(urls: list[str], options: Options) -> Run:
    return cf.fetch_threaded(dict.fromkeys(urls), options)


def takes_one_page(urls: list[str], options: Options) -> Run:
    return cf.fetch_threaded(urls[:20], options)


def raises_for_failures(urls: list[str], options: Options) -> Run:
    run = cf.fetch_threaded(urls, options)
    run.raise_for_failures()
    return run


def forgets_places(urls: list[str], options: Options) -> list[Outcome]:
    return [attrs.evolve(outcome, index=0) for outcome in cf.fetch_threaded(urls, options)]


def ignores_the_limit(urls: list[str], options: Options) -> list[Outcome]:
    """A thread for each URL, and all of them at once."""
    together = threading.Barrier(len(urls)) if urls else None

    def get_together(index: int, url: str) -> Outcome:
        if together is not None:
            together.wait()
        return get(url, index)

    with requests_client.session(options) as get, ThreadPoolExecutor(len(urls) or 1) as pool:
        return list(pool.map(get_together, range(len(urls)), urls))


def invents_times(urls: list[str], options: Options) -> list[Outcome]:
    def moved(outcome: Outcome) -> Outcome:
        timing = cf.Timing(started=0.0, finished=outcome.elapsed)
        return attrs.evolve(outcome, timing=timing)

    return [moved(outcome) for outcome in cf.fetch_threaded(urls, options)]


def collects_first(urls: list[str], options: Options) -> Iterator[Outcome]:
    yield from cf.fetch_threaded(urls, options)


async def swallows_cancellation(urls: list[str], options: Options) -> Run | list[Outcome]:
    try:
        return await cf.fetch_async(urls, options)
    except asyncio.CancelledError:
        return []


async def leaves_a_task(urls: list[str], options: Options) -> AsyncIterator[Outcome]:
    task = asyncio.create_task(asyncio.sleep(9), name="left behind")
    async for outcome in cf.iter_async(urls, options):
        yield outcome
    assert not task.done()


def runs_a_loop(urls: list[str], options: Options) -> Run:
    work = cf.fetch_async(urls, options)
    try:
        return asyncio.run(work)
    finally:
        work.close()


def never_returns(urls: list[str], _options: Options) -> list[Outcome]:
    if urls:
        test_is_over.wait()
    return []
