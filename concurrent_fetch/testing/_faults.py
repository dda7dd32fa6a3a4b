"""Checks of failures: the kind says what went wrong, and the deadline ends what does not end."""

from time import perf_counter

from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both
from concurrent_fetch.testing._facts import closed_port, in_time, result
from concurrent_fetch.testing._subject import Subject

_TIMEOUT = 0.5
_GRACE = 0.5


@for_both
def kind_invalid_url(subject: Subject, server: LocalServer) -> Finding:
    """What is no http(s) URL is `invalid_url`, and nothing is sent."""
    urls = ["nonsense", "ftp://127.0.0.1/", "http://", "http://a b/", ""]
    seen = [result(outcome) for outcome in subject.fetch(urls)]
    return Finding(["invalid_url"] * len(urls), seen)


@for_both
def kind_dns(subject: Subject, server: LocalServer) -> Finding:
    """A name that does not resolve is `dns`."""
    return Finding("dns", result(subject.fetch_one("http://nowhere.invalid/")))


@for_both
def kind_connect(subject: Subject, server: LocalServer) -> Finding:
    """A port that refuses is `connect`."""
    with closed_port() as port:
        return Finding("connect", result(subject.fetch_one(f"http://127.0.0.1:{port}/")))


@for_both
def kind_tls(subject: Subject, server: LocalServer) -> Finding:
    """A server that speaks no TLS is `tls` when asked for https."""
    url = server.url("/get").replace("http:", "https:")
    return Finding("tls", result(subject.fetch_one(url)))


@for_both
def kind_disconnected(subject: Subject, server: LocalServer) -> Finding:
    """A connection that ends before the head is whole is `disconnected`."""
    faults = ("fin_after_request", "rst_after_request", "fin_in_headers")
    return _kinds(subject, server, "disconnected", *faults)


@for_both
def kind_protocol(subject: Subject, server: LocalServer) -> Finding:
    """An answer that is no HTTP is `protocol`."""
    return _kinds(subject, server, "protocol", "garbage_smtp")


@for_both
def kind_incomplete(subject: Subject, server: LocalServer) -> Finding:
    """A body that ends too early is `incomplete`."""
    return _kinds(subject, server, "incomplete", "cl_short", "chunked_truncated")


@for_both
def kind_decode(subject: Subject, server: LocalServer) -> Finding:
    """A corrupt or truncated gzip stream is `decode`."""
    return _kinds(subject, server, "decode", "ce_gzip_corrupt", "ce_gzip_truncated")


def _kinds(subject: Subject, server: LocalServer, kind: str, *faults: str) -> Finding:
    outcomes = subject.fetch([server.url(f"/fault/{fault}") for fault in faults])
    return Finding(
        [f"{fault}: {kind}" for fault in faults],
        [f"{fault}: {result(o)}" for fault, o in zip(faults, outcomes, strict=True)],
    )


@for_both
def malformed_header(subject: Subject, server: LocalServer) -> Finding:
    """A header line without a colon is `protocol`, or passed over by a lenient parser."""
    seen = result(subject.fetch_one(server.url("/fault/hdr_no_colon")))
    return Finding("protocol or 200", "protocol or 200" if seen in ("protocol", "200") else seen)


@for_both
def deadline_silence(subject: Subject, server: LocalServer) -> Finding:
    """A server that never answers costs no more than `timeout`."""
    return _held(subject, server.url("/fault/silence"))


@for_both
def deadline_slow_head(subject: Subject, server: LocalServer) -> Finding:
    """A head that comes byte by byte costs no more than `timeout`."""
    return _held(subject, server.url("/fault/drip_header"))


@for_both
def deadline_slow_body(subject: Subject, server: LocalServer) -> Finding:
    """A body that comes byte by byte costs no more than `timeout`."""
    return _held(subject, server.url("/fault/drip_body"))


def _held(subject: Subject, url: str) -> Finding:
    began = perf_counter()
    outcome = subject.fetch_one(url, timeout=_TIMEOUT)
    limit = _TIMEOUT + _GRACE
    spent = in_time(perf_counter() - began, limit)
    return Finding(f"timeout {in_time(0, limit)}", f"{result(outcome)} {spent}")
