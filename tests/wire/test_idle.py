"""How many connections are open: bounded, however many hosts; and those in use are kept."""

import json
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import attrs
import pytest
from fetching import CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy
from raw_server import Peer, RawServer, always, reply

from concurrent_fetch import Options
from concurrent_fetch.server import LocalServer
from concurrent_fetch.wire import Kept, most_of_a_line, most_open

pytestmark = pytest.mark.once

WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS)
ROOT = Path(__file__).parents[2]

# Fetches from many hosts with few descriptors, and says what came of it and how many were open.
PROGRAM = """
import json, os, resource, sys, threading, time
sys.path.insert(0, "tests/support")
from fetching import ClientStrategy, descriptors
import concurrent_fetch as cf
from concurrent_fetch import clients

way, number, concurrency, limit = json.loads(sys.argv[1])
urls = [
    f"http://127.{1 + i // 60000}.{i // 250 % 240}.{1 + i % 250}:{sys.argv[2]}/bytes/10"
    for i in range(number)
]
way = ClientStrategy(*way)
way.fetch(urls[:1])  # imports
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
before, most, over = descriptors(), 0, threading.Event()

def watch():
    global most
    while not over.wait(0.002):
        most = max(most, descriptors() - before - 1)  # less the one that looks

thread = threading.Thread(target=watch)
thread.start()
run = way.fetch(urls, cf.Options(concurrency=concurrency))
over.set()
thread.join()
print(json.dumps([len(run.responses), [f"{f.kind}: {f.message}" for f in run.failures[:3]], most]))
"""


def fetched_from(hosts: int, way: ClientStrategy, concurrency: int, limit: int) -> list[Any]:
    with LocalServer(host="0.0.0.0") as server:
        arguments = json.dumps([attrs.astuple(way), hosts, concurrency, limit])
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, arguments, str(server.port)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert done.stderr == ""
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_many_hosts_take_few_descriptors(way: ClientStrategy) -> None:
    answered, failures, most = fetched_from(400, way, 20, 180)
    assert (answered, failures) == (400, [])
    assert most <= 2 * 20 + 100


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize(("concurrency", "limit"), [(64, 1024), (20, 256)])
def test_very_many_hosts(way: ClientStrategy, concurrency: int, limit: int) -> None:
    answered, failures, most = fetched_from(3_000, way, concurrency, limit)
    assert (answered, failures) == (3_000, [])
    assert most <= 2 * concurrency + 100


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_connections_to_hosts_in_use_are_kept_while_others_come_and_go(way: ClientStrategy) -> None:
    """Of four hosts each is asked between any two others, which are asked once."""
    with LocalServer(host="0.0.0.0") as server:
        urls = [
            f"http://127.9.{i // 200}.{1 + i % 200}:{server.port}/get"
            if i % 2
            else f"http://127.8.0.{1 + i // 2 % 4}:{server.port}/get"
            for i in range(400)
        ]
        run = way.fetch(urls, Options(concurrency=1))
    assert not run.failures
    in_use = [response.reused for response in run.responses if "//127.8." in response.url]
    assert in_use == [False] * 4 + [True] * 196


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_the_options_may_need_is_said_once_before_it_lacks(way: ClientStrategy) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with RawServer(always(reply(b"x"))) as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, hard))
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                way.fetch([server.url()] * 3, Options(concurrency=250))
                assert caught == []
                if way.strategy == "fetch_sync":  # whatever `concurrency` says, it is 1
                    return
                way.fetch([server.url()] * 3, Options(concurrency=251))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    (warning,) = caught
    assert str(warning.message) == (
        "concurrency=251 may need 602 file descriptors, and this process may have 600: lower it, "
        "or allow more (ulimit -n 602)"
    )


FEW = """
import json, os, resource, sys
sys.path.insert(0, "tests/support")
from fetching import ClientStrategy, descriptors
import concurrent_fetch as cf

way, url = ClientStrategy(*json.loads(sys.argv[1])), sys.argv[2]
way.fetch([url.replace("/delay/0.3", "/get")])  # imports
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors() + 20, hard))
run = way.fetch([url] * 60, cf.Options(concurrency=60))
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
print(json.dumps([len(run.responses), [(f.kind, f.message) for f in run.failures]]))
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("way", [w for w in WAYS if w.is_concurrent], ids=str)
def test_too_few_descriptors_are_told_alike(
    way: ClientStrategy, host: str, local: LocalServer
) -> None:
    url = local.url("/delay/0.3").replace("127.0.0.1", host)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FEW, json.dumps(attrs.astuple(way)), url],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )
    answered, failures = json.loads(done.stdout)
    assert answered + len(failures) == 60
    assert answered > 5
    assert {(kind, message.partition(":")[0]) for kind, message in failures} == {
        ("connect", "too many open files")
    }


def drops_the_second(peer: Peer) -> None:
    """Answer the first request of a connection, and close it when the second has come."""
    request = peer.read_head()
    time.sleep(0.002)
    target = request.partition(b" ")[2][:2]
    leads_to = {b"/s": "/r", b"/r": "/x"}.get(target)
    location = () if leads_to is None else (f"Location: {leads_to}",)
    peer.send(reply(b"", *location, status="302 Found") if location else reply(b"ok"))
    peer.read_head()


@pytest.mark.parametrize("path", ["/x", "/r", "/s"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_second_try_after_a_stale_connection_goes_to_a_new_one(
    way: ClientStrategy, path: str
) -> None:
    """So it has it for sure, and so has each hop of a redirect."""
    with RawServer(drops_the_second) as server:
        run = way.fetch([server.url(path)] * 300, Options(concurrency=50))
    assert not run.failures
    assert {response.body for response in run.responses} == {b"ok"}
    assert max(outcome.attempts for outcome in run) <= 2 + ["/x", "/r", "/s"].index(path)


def test_what_was_used_longest_ago_is_let_go() -> None:
    kept = Kept[str, int](2)
    assert kept.make_room() is None
    kept.add("a", 1)
    kept.add("b", 2)
    assert kept.get("a") == 1
    assert kept.get("c") is None
    assert kept.make_room() == 2
    kept.add("c", 3)
    assert list(kept.all()) == [1, 3]


@pytest.mark.parametrize("concurrency", [1, 2, 7, 20, 64, 80, 81, 100, 250, 10_000])
def test_all_lines_together_keep_within_the_bound(concurrency: int) -> None:
    options = Options(concurrency=concurrency)
    assert most_open(options) <= 2 * concurrency + 100
    assert most_of_a_line(options) >= 2
    assert concurrency * most_of_a_line(options) <= 2 * concurrency + 100
