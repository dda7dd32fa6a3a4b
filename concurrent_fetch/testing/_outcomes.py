"""Checks of the set of outcomes: one for each URL, whatever became of it."""

import pickle
from datetime import UTC, datetime

from concurrent_fetch.feed import CountedWork
from concurrent_fetch.model import Outcome, Response, Run
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both, for_strategies
from concurrent_fetch.testing._facts import closed_port, results
from concurrent_fetch.testing._subject import Subject, matched, options


@for_strategies
def every_url(subject: Subject, server: LocalServer) -> Finding:
    """Each URL gets exactly one outcome, in any order."""
    urls = server.urls(30, "/bytes/9")
    outcomes = matched(subject.drive(urls).returned, urls)
    return Finding(["200"] * 30, results(outcomes))


@for_strategies
def index(subject: Subject, server: LocalServer) -> Finding:
    """`index` is the place of the outcome's URL in the set."""
    urls = server.urls(30, "/bytes/9")
    returned = subject.drive(urls).returned
    matched(returned, urls)
    assert isinstance(returned, list)  # noqa: S101 - `matched` has seen it
    wrong = [o for o in returned if not 0 <= o.index < 30 or urls[o.index] != o.url]
    return Finding(
        "0 outcomes with the place of another URL",
        f"{len(wrong)} outcomes with the place of another URL",
    )


@for_strategies
def duplicates(subject: Subject, server: LocalServer) -> Finding:
    """A URL that is in the set several times is fetched as often."""
    outcomes = subject.fetch([server.url("/get")] * 6)
    requests = server.stats().requests
    return Finding("6 outcomes by 6 requests", f"{len(outcomes)} outcomes by {requests} requests")


@for_strategies
def no_urls(subject: Subject, server: LocalServer) -> Finding:
    """No URLs give no outcomes."""
    outcomes = subject.fetch([])
    return Finding("0 outcomes", f"{len(outcomes)} outcomes")


@for_both
def isolation(subject: Subject, server: LocalServer) -> Finding:
    """A bad URL, a refused port or a broken server costs that one outcome only."""
    with closed_port() as port:
        bad = ["nonsense", f"http://127.0.0.1:{port}/", server.url("/fault/rst_after_request")]
        urls = [url for pair in zip(server.urls(3, "/get"), bad, strict=True) for url in pair]
        seen = results(subject.fetch([*urls, server.url("/get")]))
    return Finding(["200", "invalid_url", "200", "connect", "200", "disconnected", "200"], seen)


@for_both
def http_errors(subject: Subject, server: LocalServer) -> Finding:
    """A response of any status is a response, no failure."""
    statuses = ["400", "401", "404", "418", "429", "500", "503"]
    urls = [server.url(f"/status/{status}") for status in statuses]
    return Finding(statuses, results(subject.fetch(urls)))


@for_both
def retries(subject: Subject, server: LocalServer) -> Finding:
    """What is sent again is counted in `attempts`."""
    urls = [server.url("/fault/rst_after_request"), server.url("/status/503"), server.url("/get")]
    outcomes = subject.fetch(urls, reuse_connections=False)
    attempts = sum(outcome.attempts for outcome in outcomes)
    return Finding(f"{attempts} requests", f"{server.stats().requests} requests")


@for_both
def timing(subject: Subject, server: LocalServer) -> Finding:
    """Times are of this run, on `time.perf_counter`, and hold the wait for the server."""
    urls = [*server.urls(6, "/delay/0.05"), "nonsense"]
    driven = subject.drive(urls, concurrency=2)
    *fetched, refused = matched(driven.returned, urls)
    outside = [o for o in (*fetched, refused) if not _nests(o, driven.started, driven.finished)]
    short = [o for o in fetched if o.elapsed < 0.05]
    return Finding(
        "0 outside the run, 0 shorter than the wait",
        f"{len(outside)} outside the run, {len(short)} shorter than the wait",
    )


def _nests(outcome: Outcome, started: float, finished: float) -> bool:
    return started <= outcome.timing.started and outcome.timing.finished <= finished


@for_strategies
def work(subject: Subject, server: LocalServer) -> Finding:
    """`Options.work` is done once on each response, with its body, and on no failure."""
    counted = CountedWork(_look_at)  # also of what was done in another process
    urls = [*server.urls(4, "/bytes/9"), "nonsense"]
    subject.fetch(urls, work=counted, keep_bodies=False)
    return Finding("done 4 times", f"done {counted.done} times")


def _look_at(response: Response) -> None:
    if len(response.body) != 9:
        raise ValueError(f"a body of 9 bytes came with {len(response.body)}")


@for_both
def pickling(subject: Subject, server: LocalServer) -> Finding:
    """Outcomes, and a `Run` of them, come out of pickle as they went in."""
    driven = subject.drive(urls := [server.url("/get"), "nonsense"])
    run = Run(
        outcomes=tuple(matched(driven.returned, urls)),
        strategy=subject.name,
        options=options(),
        started_at=datetime.now(UTC),
        elapsed=driven.finished - driven.started,
        cpu=driven.cpu,
    )
    copy = pickle.loads(pickle.dumps(run))  # noqa: S301 - our own, from this line
    return Finding("an equal copy", "an equal copy" if copy == run else repr(copy))
