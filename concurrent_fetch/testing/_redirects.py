"""Checks of redirects: how many are followed, and what goes along."""

import json
from typing import Any

from concurrent_fetch.model import Response
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both
from concurrent_fetch.testing._facts import answered, result
from concurrent_fetch.testing._subject import Subject


@for_both
def redirects_followed(subject: Subject, server: LocalServer) -> Finding:
    """As many redirects as `max_redirects` are followed and listed."""
    seen = _trip(subject, server.url("/redirect/3"), max_redirects=3)
    return Finding(f"200 from {server.url('/get')} after 3 redirects", seen)


@for_both
def redirects_limited(subject: Subject, server: LocalServer) -> Finding:
    """One redirect more than `max_redirects` is `too_many_redirects`."""
    seen = _trip(subject, server.url("/redirect/3"), max_redirects=2)
    return Finding("too_many_redirects", seen)


@for_both
def redirects_endless(subject: Subject, server: LocalServer) -> Finding:
    """A redirect to itself is `too_many_redirects`, after the first request and ten more."""
    seen = _trip(subject, server.url("/fault/redir_loop"), max_redirects=10)
    requests = server.stats().requests
    return Finding("too_many_redirects after 11 requests", f"{seen} after {requests} requests")


@for_both
def redirects_off(subject: Subject, server: LocalServer) -> Finding:
    """With `max_redirects=0` a redirect is returned as it is."""
    url = server.url("/redirect/1")
    return Finding(f"302 from {url} after 0 redirects", _trip(subject, url, max_redirects=0))


def _trip(subject: Subject, url: str, **options: Any) -> str:
    outcome = subject.fetch_one(url, **options)
    if not isinstance(outcome, Response):
        return result(outcome)
    return f"{result(outcome)} from {outcome.final_url} after {len(outcome.redirects)} redirects"


@for_both
def redirects_keep_secrets(subject: Subject, server: LocalServer) -> Finding:
    """Credentials do not follow a redirect to another origin."""
    url = server.url("/fault/redir_credentials").replace("://", "://user:secret@")
    secrets = {"Cookie": "secret=1", "Proxy-Authorization": "secret", "X-Api-Key": "secret"}
    found = answered(subject.fetch_one(url, headers=secrets))
    crossed = {"Authorization", *secrets} & json.loads(found.body)["headers"].keys()
    return Finding(["no credentials"], sorted(crossed) or ["no credentials"])
