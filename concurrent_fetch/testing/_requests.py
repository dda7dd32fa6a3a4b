"""Checks of what is sent: the headers asked for, over the connections asked for."""

import json

from concurrent_fetch.fetch import Fetching
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both, for_clients
from concurrent_fetch.testing._facts import answered, results
from concurrent_fetch.testing._subject import Subject, options


@for_both
def request_headers(subject: Subject, server: LocalServer) -> Finding:
    """Exactly the headers asked for are sent, and none of the client's own."""
    return _sent(subject, server, {})


@for_both
def own_headers(subject: Subject, server: LocalServer) -> Finding:
    """`Options.headers` are added to every request, in place of defaults of the same name."""
    return _sent(subject, server, {"X-Check": "yes, this", "User-Agent": "mine/1"})


def _sent(subject: Subject, server: LocalServer, headers: dict[str, str]) -> Finding:
    asked = Fetching(options(headers=headers), {}, on_loop=False).headers
    found = answered(subject.fetch_one(server.url("/headers"), headers=headers))
    expected = {"Host": f"{server.host}:{server.port}", **asked}
    return Finding(_listed(expected), _listed(json.loads(found.body)["headers"]))


def _listed(headers: dict[str, str]) -> list[str]:
    return sorted(f"{name}: {value}" for name, value in headers.items())


@for_both
def connections_kept(subject: Subject, server: LocalServer) -> Finding:
    """One connection serves fetches that follow each other."""
    return _opened(subject, server, reuse=True)


@for_both
def connections_new(subject: Subject, server: LocalServer) -> Finding:
    """Without `reuse_connections` there is a new one for every URL."""
    return _opened(subject, server, reuse=False)


def _opened(subject: Subject, server: LocalServer, *, reuse: bool) -> Finding:
    subject.fetch(server.urls(5), concurrency=1, reuse_connections=reuse)
    stats = server.stats()
    return Finding(
        f"{1 if reuse else 5} connections for 5 requests",
        f"{stats.connections} connections for {stats.requests} requests",
    )


@for_clients
def private_addresses(subject: Subject, server: LocalServer) -> Finding:
    """With `allow_private=False` a private address is `not_allowed`, and no connection is made."""
    urls = [server.url("/get"), server.url("/get").replace(server.host, "localhost")]
    seen = results(subject.fetch(urls, allow_private=False))
    return Finding(
        ["not_allowed", "not_allowed", "0 connections"],
        [*seen, f"{server.stats().connections} connections"],
    )
