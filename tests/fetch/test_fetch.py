"""One URL, one answer: the same response whichever strategy and client fetched it."""

import gzip
import hashlib
import pickle
import zlib

import pytest
from fetching import ClientStrategy
from pace import in_time
from raw_server import Peer, RawServer, always, by_path, chunked, head, once, reply

from concurrent_fetch import FailureKind, Headers, Options, Response
from concurrent_fetch.server import LocalServer

TEXT = "Grüße, 世界\n" * 50
BODY = TEXT.encode()
UTF8 = "Content-Type: text/plain; charset=utf-8"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


GZIPPED = gzip.compress(BODY)

# What is sent, and the status, decoded body and size on the wire that must come of it.
ANSWERS = {
    "plain": (reply(BODY, UTF8), 200, BODY, len(BODY)),
    "status-404": (reply(b"no", status="404 Not Found"), 404, b"no", 2),
    "status-500": (reply(b"oh", status="500 Internal Server Error"), 500, b"oh", 2),
    "status-599-without-reason": (reply(b"x", status="599"), 599, b"x", 1),
    "empty": (reply(b""), 200, b"", 0),
    "no-content": (head(status="204 No Content"), 204, b"", 0),
    "not-modified-with-length": (
        head("Content-Length: 99", status="304 Not Modified"),
        304,
        b"",
        0,
    ),
    "gzip": (reply(GZIPPED, "Content-Encoding: gzip"), 200, BODY, len(GZIPPED)),
    "x-gzip": (reply(GZIPPED, "Content-Encoding: X-GZip"), 200, BODY, len(GZIPPED)),
    "two-gzip-members": (
        reply(GZIPPED + GZIPPED, "Content-Encoding: gzip"),
        200,
        BODY * 2,
        2 * len(GZIPPED),
    ),
    "gzip-of-nothing": (reply(b"", "Content-Encoding: gzip"), 200, b"", 0),
    "deflate": (
        reply(zlib.compress(BODY), "Content-Encoding: deflate"),
        200,
        BODY,
        len(zlib.compress(BODY)),
    ),
    "bare-deflate": (
        reply(raw_deflate(BODY), "Content-Encoding: deflate"),
        200,
        BODY,
        len(raw_deflate(BODY)),
    ),
    "deflate-then-gzip": (
        reply(gzip.compress(zlib.compress(BODY)), "Content-Encoding: deflate, gzip"),
        200,
        BODY,
        len(gzip.compress(zlib.compress(BODY))),
    ),
    "chunked": (
        head("Transfer-Encoding: chunked") + chunked(BODY[:7], BODY[7:500], BODY[500:]),
        200,
        BODY,
        len(BODY),
    ),
    "chunked-gzip": (
        head("Transfer-Encoding: chunked", "Content-Encoding: gzip")
        + chunked(GZIPPED[:1], GZIPPED[1:]),
        200,
        BODY,
        len(GZIPPED),
    ),
    "to-the-end": (head("Connection: close") + BODY, 200, BODY, len(BODY)),
    "early-hints-first": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply(b"ok"),
        200,
        b"ok",
        2,
    ),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, bytes]:
    return {f"/{name}": answer for name, (answer, *_) in ANSWERS.items()}


@pytest.mark.parametrize("name", ANSWERS)
def test_same_response(client_strategy: ClientStrategy, name: str) -> None:
    answer, status, body, wire_size = ANSWERS[name]
    with RawServer(once(answer)) as server:
        response = client_strategy.response(server.url(f"/{name}"), digest=True)
    assert response.status_code == status
    assert response.body == body
    assert response.text == body.decode()
    assert response.size == len(body)
    assert response.wire_size == wire_size
    assert response.digest == hashlib.sha256(body).hexdigest()
    assert response.final_url == response.url == server.url(f"/{name}")
    assert response.redirects == ()
    assert response.http_version == "1.1"
    assert response.reused is False
    assert response.attempts == 1
    assert response.index == 0
    assert response.ok == (status < 400)


def test_same_headers(client_strategy: ClientStrategy) -> None:
    fields = (
        "Content-Type: text/plain",
        "X-Empty:",
        "x-MIXED:   padded \t",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2; Path=/",
        "X-Latin: caf\xe9",
    )
    with RawServer(once(reply(b"x", *fields))) as server:
        headers = client_strategy.response(server.url()).headers
    assert headers.get_all("set-cookie") == ("a=1", "b=2; Path=/")
    assert headers == Headers.from_fields(
        [
            ("content-type", "text/plain"),
            ("x-empty", ""),
            ("x-mixed", "padded"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2; Path=/"),
            ("x-latin", "caf\xe9"),
            ("content-length", "1"),
        ]
    )


TEXTS = {
    "declared latin-1": (b"caf\xe9", "text/plain; charset=iso-8859-1", "café"),
    "undeclared is UTF-8": ("café".encode(), "text/html", "café"),
    "bytes that do not fit are replaced": (b"caf\xe9", "text/html", "caf\ufffd"),
    "no text codec": ("café".encode(), "text/plain; charset=zlib", "café"),
    "a mark beats the declaration": (
        b"\xef\xbb\xbf" + "café".encode(),
        "text/plain; charset=latin-1",
        "café",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_same_text(client_strategy: ClientStrategy, case: str) -> None:
    body, content_type, text = TEXTS[case]
    with RawServer(once(reply(body, f"Content-Type: {content_type}"))) as server:
        assert client_strategy.response(server.url()).text == text


def test_a_body_that_comes_in_pieces_is_whole(client_strategy: ClientStrategy) -> None:
    def in_pieces(peer: Peer) -> None:
        peer.read_head()
        peer.drip(reply(b"piece by piece"), pause=0.001)

    with RawServer(in_pieces) as server:
        assert client_strategy.response(server.url()).body == b"piece by piece"


def test_keep_bodies_false_counts_without_keeping(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    kept = client_strategy.response(local.url("/bytes/100000"), digest=True)
    counted = client_strategy.response(local.url("/bytes/100000"), digest=True, keep_bodies=False)
    assert counted.body == b""
    assert counted.size == kept.size == len(kept.body) == 100_000
    assert counted.digest == kept.digest == hashlib.sha256(kept.body).hexdigest()


def test_digest_is_none_unless_asked_for(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    assert client_strategy.response(local.url("/bytes/1")).digest is None


def test_times_are_in_order_and_within_the_run(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    run = client_strategy.fetch(local.urls(6, "/delay/0.1"), Options(concurrency=3))
    first = min(outcome.timing.started for outcome in run)
    for response in run.responses:
        timing = response.timing
        assert timing.sent is not None
        assert timing.first_byte is not None
        assert timing.started <= timing.sent <= timing.first_byte <= timing.finished
        assert timing.finished - first <= run.elapsed
        assert timing.waiting is not None
        assert 0.05 <= timing.waiting <= timing.elapsed
    assert len(run.responses) == 6


def test_with_redirects_the_last_request_is_timed(client_strategy: ClientStrategy) -> None:
    moved = reply(b"", "Location: /end", status="302 Found")

    def play(peer: Peer) -> None:
        while request := peer.read_head():
            if b" /end " in request:
                peer.send(reply(b"x"))
            else:
                peer.drip(moved[:4], pause=0.05)
                peer.send(moved[4:])

    with RawServer(play) as server:
        timing = client_strategy.response(server.url("/start")).timing
    assert timing.waiting is not None
    in_time(timing.waiting, 0.15)
    assert timing.elapsed >= 0.15


def test_outcomes_pickle(client_strategy: ClientStrategy, local: LocalServer) -> None:
    run = client_strategy.fetch([local.url("/gzip"), "nonsense", local.url("/status/404")])
    again = pickle.loads(pickle.dumps(run))
    assert again == run
    assert again[0].headers["content-encoding"] == "gzip"


def test_a_head_of_100_fields_is_read_and_one_more_refused(
    client_strategy: ClientStrategy,
) -> None:
    fields = [f"X-{number}: {number}" for number in range(99)]
    answers = {"/100": reply(b"x", *fields), "/101": reply(b"x", *fields, "X-Last: 1")}
    with RawServer(by_path(answers)) as server:
        assert len(client_strategy.response(server.url("/100")).headers) == 100
        assert client_strategy.failure(server.url("/101")).kind is FailureKind.TOO_LARGE


def test_a_field_of_60_kib_is_read(client_strategy: ClientStrategy) -> None:
    value = "v" * 60_000
    with RawServer(always(reply(b"x", f"X-Long: {value}"))) as server:
        assert client_strategy.response(server.url()).headers["x-long"] == value


def test_a_good_url_beside_bad_ones_survives_in_order(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    good = [local.url(f"/bytes/{size}") for size in range(1, 6)]
    urls = [good[0], "no scheme", good[1], "http://nosuch.invalid/", good[2], "", *good[3:]]
    run = client_strategy.fetch(urls, Options(concurrency=4))
    assert [outcome.url for outcome in run] == urls
    assert [outcome.index for outcome in run] == list(range(8))
    assert [r.size for r in run.responses] == [1, 2, 3, 4, 5]
    assert [f.kind for f in run.failures] == ["invalid_url", "dns", "invalid_url"]


def test_duplicates_are_fetched_each_time(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    run = client_strategy.fetch([local.url("/get")] * 5, Options(concurrency=2))
    assert len(run.responses) == 5
    assert local.stats().requests == 5


def test_no_urls_make_an_empty_run(client_strategy: ClientStrategy) -> None:
    run = client_strategy.fetch([])
    assert len(run) == 0
    assert str(run).strip() == f"{client_strategy.strategy}: no URLs"


@pytest.mark.parametrize("url", [None, b"http://x/", 5, ["http://x/"]], ids=repr)
def test_what_is_no_str_costs_one_outcome(
    client_strategy: ClientStrategy, local: LocalServer, url: object
) -> None:
    urls: list[str] = [local.url("/get"), url, local.url("/get")]  # type: ignore[list-item]  # misuse
    run = client_strategy.fetch(urls)
    assert [outcome.ok for outcome in run] == [True, False, True]
    failure = run.failures[0]
    assert failure.kind is FailureKind.INVALID_URL
    assert failure.url == repr(url)
    assert type(url).__name__ in failure.message
    assert failure.timing.sent is None


def test_responses_of_one_url_are_equal_but_for_their_times(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    def facts(response: Response) -> tuple[object, ...]:
        return response.status_code, response.body, response.headers, response.final_url

    first, second = client_strategy.fetch([local.url("/html")] * 2).responses
    assert facts(first) == facts(second)
