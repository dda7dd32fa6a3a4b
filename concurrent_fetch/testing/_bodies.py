"""Checks of bodies: the same bytes and text from every client, and never more than allowed."""

import hashlib
import json

from concurrent_fetch.server import FAULTS, Answered, LocalServer, bytes_of
from concurrent_fetch.testing._check import Finding, for_both
from concurrent_fetch.testing._facts import answered, result, results
from concurrent_fetch.testing._subject import Subject

_SIZE = 300_000
_CAP = 64 * 1024


@for_both
def body(subject: Subject, server: LocalServer) -> Finding:
    """The body is that of the server, byte for byte."""
    return _same_bytes(subject, server.url(f"/bytes/{_SIZE}"))


@for_both
def chunked_body(subject: Subject, server: LocalServer) -> Finding:
    """A chunked body is put together, byte for byte."""
    return _same_bytes(subject, server.url(f"/stream-bytes/{_SIZE}?chunk_size=1000"))


def _same_bytes(subject: Subject, url: str) -> Finding:
    return Finding(_summary(bytes_of(_SIZE)), _summary(answered(subject.fetch_one(url)).body))


def _summary(data: bytes) -> str:
    return f"{len(data)} bytes of SHA-256 {hashlib.sha256(data).hexdigest()[:12]}"


@for_both
def gzip(subject: Subject, server: LocalServer) -> Finding:
    """A gzipped body arrives decoded, once."""
    return _decoded(subject, server.url("/gzip"), "gzipped")


@for_both
def deflate(subject: Subject, server: LocalServer) -> Finding:
    """A deflated body arrives decoded, once."""
    return _decoded(subject, server.url("/deflate"), "deflated")


def _decoded(subject: Subject, url: str, flag: str) -> Finding:
    found = answered(subject.fetch_one(url)).body
    try:
        seen = f"JSON that says {flag}={json.loads(found).get(flag)}"
    except ValueError:
        seen = f"no JSON but {found[:20]!r}"
    return Finding(f"JSON that says {flag}=True", seen)


@for_both
def text(subject: Subject, server: LocalServer) -> Finding:
    """`text` is the body in the charset that the server declares."""
    sent = [found.text for found in FAULTS["cs_utf_8"].expected if isinstance(found, Answered)]
    found = answered(subject.fetch_one(server.url("/fault/cs_utf_8"))).text
    return Finding(repr(sent[0]), repr(found[:40]))


@for_both
def no_content(subject: Subject, server: LocalServer) -> Finding:
    """A response without a body, such as 204, is complete, and so is the one after it."""
    urls = [server.url("/status/204"), server.url("/bytes/0"), server.url("/get")]
    outcomes = subject.fetch(urls, concurrency=1)
    sizes = [answered(outcome).size for outcome in outcomes[:2]]
    return Finding(
        ["204", "200", "200", "sizes 0, 0"], [*results(outcomes), f"sizes {sizes[0]}, {sizes[1]}"]
    )


@for_both
def body_not_kept(subject: Subject, server: LocalServer) -> Finding:
    """Without `keep_bodies` the body is empty; `size` and `digest` are those of what came."""
    found = answered(
        subject.fetch_one(server.url(f"/bytes/{_SIZE}"), keep_bodies=False, digest=True)
    )
    digest = hashlib.sha256(bytes_of(_SIZE)).hexdigest()
    return Finding(
        [f"size {_SIZE}", "0 bytes kept", f"digest {digest[:12]}"],
        [f"size {found.size}", f"{len(found.body)} bytes kept", f"digest {str(found.digest)[:12]}"],
    )


@for_both
def body_cap(subject: Subject, server: LocalServer) -> Finding:
    """A body beyond `max_bytes` is a failure, `too_large`; one of just that size is not."""
    urls = [
        server.url(f"/{kind}/{size}")
        for kind in ("bytes", "stream-bytes")
        for size in (_CAP, _CAP + 1)
    ]
    seen = results(subject.fetch(urls, max_bytes=_CAP))
    return Finding(["200", "too_large"] * 2, seen)


@for_both
def endless_body(subject: Subject, server: LocalServer) -> Finding:
    """A body without end is `too_large` when `max_bytes` are there."""
    outcome = subject.fetch_one(server.url("/fault/body_endless"), max_bytes=_CAP)
    return Finding("too_large", result(outcome))


@for_both
def gzip_bomb(subject: Subject, server: LocalServer) -> Finding:
    """A small body that unpacks to gigabytes is `too_large`."""
    outcome = subject.fetch_one(server.url("/fault/bomb_gzip"), max_bytes=_CAP)
    return Finding("too_large", result(outcome))
