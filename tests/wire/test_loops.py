"""Event loops of every kind: the same limits, the same outcomes, nothing more on the wire."""

import asyncio
import ssl
import subprocess
import sys
import threading
from typing import Any

import pytest
import trustme
from fetching import ASYNC_CLIENTS, ON_OTHER_LOOPS, ClientStrategy
from raw_server import Peer, RawServer, head, reply

import concurrent_fetch as cf
from concurrent_fetch import Options
from concurrent_fetch.server import LocalServer

ASYNC = (
    *(ClientStrategy("fetch_async", client) for client in ASYNC_CLIENTS),
    *ON_OTHER_LOOPS,
)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python has no eager tasks before 3.12")
@pytest.mark.parametrize("client", ASYNC_CLIENTS)
@pytest.mark.parametrize("urls", [1, 4, 1_000])
def test_concurrency_holds_with_eager_tasks(client: str, urls: int, local: LocalServer) -> None:
    """Such a task begins where it is made, before whoever makes it knows of it."""

    async def main() -> tuple[cf.Run, int]:
        eager: Any = asyncio.eager_task_factory  # type: ignore[attr-defined,unused-ignore]
        asyncio.get_running_loop().set_task_factory(eager)
        run = await cf.fetch_async(
            [local.url("/delay/0.005")] * urls, Options(concurrency=5), client=client
        )
        iterated = cf.iter_async(["no URL"] * urls, Options(concurrency=500), client=client)
        return run, len([outcome async for outcome in iterated])

    run, iterated = asyncio.run(main())
    assert len(run.responses) == urls
    assert iterated == urls
    assert local.stats().peak_in_flight == min(5, urls)
    assert len({outcome.worker for outcome in run}) <= 5


IN_DEBUG = """
import asyncio, sys
import concurrent_fetch as cf

url, client = sys.argv[1:]
urls = [url + "/get", url + "/redirect/2", url + "/gzip", "no URL", "http://nosuch.invalid/"] * 9
run = asyncio.run(cf.fetch_async(urls, cf.Options(concurrency=5), client=client), debug=True)
print([outcome.ok for outcome in run] == [True, True, True, False, False] * 9)
"""


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_loop_in_debug_mode_has_nothing_to_say(client: str, local: LocalServer) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", IN_DEBUG, local.url("/")[:-1], client],
        capture_output=True,
        text=True,
        check=True,
    )
    said = [line for line in done.stderr.splitlines() if "Executing <" not in line]  # it was slow
    assert (done.stdout, said) == ("True\n", [])
    assert local.stats().peak_in_flight <= 5


@pytest.mark.parametrize("way", ASYNC, ids=str)
@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("unwanted", ["of a redirect", "too large", "too late"])
def test_a_body_that_is_not_wanted_stops_arriving(
    way: ClientStrategy, unwanted: str, over_tls: bool, authority: trustme.CA
) -> None:
    """While others go on: the last answer comes when the server has noticed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    noticed = threading.Event()

    def play(peer: Peer) -> None:
        while request := peer.read_head():
            if request.startswith(b"GET /endless"):
                location = ("Location: /get",) if unwanted == "of a redirect" else ()
                status = "302 Found" if location else "200 OK"
                peer.send(head(*location, "Content-Length: 10000000000", status=status))
                try:
                    while not server.over.is_set():
                        peer.send(bytes(65536))
                        if unwanted == "too late":
                            server.over.wait(0.01)
                finally:
                    noticed.set()
            elif request.startswith(b"GET /last"):
                peer.send(reply(b"noticed" if noticed.wait(10.0) else b"not noticed"))
            else:
                peer.send(reply(b"ok"))

    with RawServer(play, context if over_tls else None) as server:
        urls = [server.url("/endless"), server.url("/last")]
        timeout = 1.0 if unwanted == "too late" else 20.0
        cap = 10**6 if unwanted == "too large" else None
        if unwanted == "too late":
            urls = [server.url("/endless"), *[server.url("/get")] * 3]
        run = way.fetch(urls, Options(concurrency=2, verify=False, timeout=timeout, max_bytes=cap))
        assert noticed.wait(2.0)
        expected = {"of a redirect": "200", "too large": "too_large", "too late": "timeout"}
        first = run[0]
        came_to = str(first.status_code) if isinstance(first, cf.Response) else first.kind
        assert came_to == expected[unwanted]
        if unwanted != "too late":
            assert run.responses[-1].body == b"noticed"
