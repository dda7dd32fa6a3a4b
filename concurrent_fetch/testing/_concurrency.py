"""Checks of many fetches at once."""

import asyncio
import json

from concurrent_fetch.model import Outcome
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both, for_clients, for_strategies
from concurrent_fetch.testing._facts import answered, at_most, results
from concurrent_fetch.testing._subject import Subject


@for_strategies
def concurrency_limit(subject: Subject, server: LocalServer) -> Finding:
    """No more than `concurrency` requests are in flight, as the server counts them."""
    subject.fetch(server.urls(24, "/delay/0.05"), concurrency=4)
    return Finding(
        f"{at_most(4, 0)} in flight", f"{at_most(4, server.stats().peak_in_flight)} in flight"
    )


@for_clients
def no_queue(subject: Subject, server: LocalServer) -> Finding:
    """A session sends as many requests at once as it is asked for: none waits inside it."""
    subject.fetch(server.urls(16, "/delay/0.5"), concurrency=16)
    return Finding("16 in flight", f"{server.stats().peak_in_flight} in flight")


@for_both
def no_mix_up(subject: Subject, server: LocalServer) -> Finding:
    """Of many fetches at once, each gets the answer to its own request."""
    urls = server.urls(60, "/anything")
    answers = [answered(outcome).body for outcome in subject.fetch(urls, concurrency=12)]
    own = sum(json.loads(body)["url"] == url for url, body in zip(urls, answers, strict=True))
    return Finding(
        "60 with the answer to their own request", f"{own} with the answer to their own request"
    )


@for_both
def below_a_loop(subject: Subject, server: LocalServer) -> Finding:
    """It works below a running event loop, as in a notebook."""

    async def fetch() -> list[Outcome]:
        return subject.fetch(server.urls(3, "/get"))  # blocks the loop, as a notebook's cell does

    return Finding(["200"] * 3, results(asyncio.run(fetch())))
