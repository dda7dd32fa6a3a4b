"""Checks of methods other than GET, and of bodies that are sent, for clients that declare them."""

import hashlib

from concurrent_fetch.model import Outcome, Request
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_clients
from concurrent_fetch.testing._facts import answered, results
from concurrent_fetch.testing._subject import Subject

_BODY = bytes(range(256)) * 1000
_FIELDS = {"Content-Type": "application/x-of-check"}


@for_clients
def head(subject: Subject, server: LocalServer) -> Finding:
    """A HEAD brings no body, whatever length is told, and its connection goes on."""
    url = server.url("/bytes/1000")
    outcomes = subject.ask(
        [Request(url, method="HEAD"), Request(url, method="HEAD"), Request(url)], max_bytes=1000
    )
    sizes = ", ".join(str(answered(outcome).size) for outcome in outcomes)
    connections = server.stats().connections
    return Finding(
        ["200", "200", "200", "sizes 0, 0, 1000", "1 connections"],
        [*results(outcomes), f"sizes {sizes}", f"{connections} connections"],
    )


@for_clients
def post_body(subject: Subject, server: LocalServer) -> Finding:
    """The body of a POST arrives as it is, an empty one too."""
    url = server.url("/echo")
    bodies = (_BODY, b"", b"\r\n")
    outcomes = subject.ask([Request(url, method="POST", body=body) for body in bodies])
    return Finding([_summary("POST", body) for body in bodies], [*map(_echoed, outcomes)])


@for_clients
def redirects_303(subject: Subject, server: LocalServer) -> Finding:
    """Behind a 303 a POST is a GET without a body."""
    outcomes = _redirected(subject, server, 303)
    return Finding([_summary("GET", b""), "0 fields of a body"], outcomes)


@for_clients
def redirects_307(subject: Subject, server: LocalServer) -> Finding:
    """Behind a 307 a POST is the same once more, body and all."""
    outcomes = _redirected(subject, server, 307)
    return Finding([_summary("POST", _BODY), "1 fields of a body"], outcomes)


def _redirected(subject: Subject, server: LocalServer, status: int) -> list[str]:
    url = server.url(f"/redirect-to?url=/echo&status_code={status}")
    (outcome,) = subject.ask([Request(url, body=_BODY, headers=_FIELDS)])
    kept = answered(outcome).headers.get("X-Content-Type", "") == _FIELDS["Content-Type"]
    return [_echoed(outcome), f"{kept:d} fields of a body"]


def _echoed(outcome: Outcome) -> str:
    found = answered(outcome)
    return _summary(found.headers.get("X-Method", "no method"), found.body)


def _summary(method: str, body: bytes) -> str:
    return f"{method} with {len(body)} bytes of SHA-256 {hashlib.sha256(body).hexdigest()[:12]}"
