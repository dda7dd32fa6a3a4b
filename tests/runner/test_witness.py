"""What is fetched is seen from outside: by a LocalServer, and by the bytes that come in."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import attrs
import crossing
import pytest
import requests
from plain_http import ROOT
from pythons import away

import concurrent_fetch as cf
from concurrent_fetch._python import CountingServer, CountingServers
from concurrent_fetch.clients import requests_client
from concurrent_fetch.export._json import from_json, to_json
from concurrent_fetch.runner import _witness
from concurrent_fetch.runner._octets import Octets
from concurrent_fetch.runner._witness import Witness
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import AnyStrategy

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone counts bytes")
ROUNDS = 4


def compared(urls: Sequence[str], *strategies: AnyStrategy, **settings: Any) -> cf.Comparison:
    options = settings.pop("options", cf.Options())
    runner = cf.Runner(urls, options, **{"rounds": ROUNDS, "seed": 1, **settings})
    return runner.compare(cf.fetch_threaded, *strategies)


def of_witness(comparison: cf.Comparison, name: str) -> list[str]:
    """What was said of a strategy for what was seen from outside."""
    told = [*comparison.reasons[name], *(str(n) for n in comparison.notes if n.strategy == name)]
    return [words for words in told if " the server " in words or " came in" in words]


def now(outcome: cf.Outcome, url: str, index: int) -> cf.Outcome:
    """The outcome as if it had been fetched now, for a URL."""
    start = perf_counter()
    timing = cf.Timing(started=start, finished=start)
    told = attrs.evolve(outcome, url=url, index=index, timing=timing)
    return attrs.evolve(told, final_url=url) if isinstance(told, cf.Response) else told


# --- who cheats ---


def cached() -> Callable[..., list[cf.Outcome]]:
    kept: list[cf.Outcome] = []

    def cached(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        if not kept:
            kept[:] = cf.fetch_sync(urls, options)
        return [now(kept[i], url, i) for i, url in enumerate(urls)]

    return cached


def deduped(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    (one,) = cf.fetch_sync(urls[:1], options)
    return [now(one, url, i) for i, url in enumerate(urls)]


def half(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    some = cf.fetch_sync(urls[::2], options)
    return [now(some[i // 2], url, i) for i, url in enumerate(urls)]


def head_with_digests() -> Callable[..., list[cf.Outcome]]:
    kept: list[cf.Outcome] = []

    def head_with_digests(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        if not kept:
            kept[:] = cf.fetch_sync(urls, attrs.evolve(options, digest=True))
        with requests.Session() as session:
            for url in urls:
                session.head(url, timeout=5)
        return [now(kept[i], url, i) for i, url in enumerate(urls)]

    return head_with_digests


def smaller(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    (one,) = cf.fetch_sync(urls[:1], options)
    cf.fetch_sync([url.replace("/bytes/1000", "/bytes/1") for url in urls[1:]], options)
    return [now(one, url, i) for i, url in enumerate(urls)]


def twice(urls: list[str], options: cf.Options) -> cf.Run:
    cf.fetch_threaded(urls, options)
    return cf.fetch_threaded(urls, options)


SAME = "/bytes/1000?seed=1"


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (cached(), "it claims 6 requests where the server got 0, in 5 of 6 runs"),
        (deduped, "it claims 6 requests where the server got 1, in 6 of 6 runs"),
        (half, "it claims 6 requests where the server got 3, in 6 of 6 runs"),
        (
            head_with_digests(),
            "it claims 6 requests where the server got 0 and 6 that were no GET, in 5 of 6 runs",
        ),
        (twice, "it claims 6 requests where the server got 12, in 6 of 6 runs"),
    ],
    ids=["cached", "deduped", "half", "head", "twice"],
)
def test_a_local_server_counts_what_it_is_asked(
    local: LocalServer, strategy: AnyStrategy, said: str
) -> None:
    comparison = compared(local.urls(6, SAME), strategy)
    assert of_witness(comparison, comparison.strategies[1]) == [said]


def test_a_local_server_counts_what_it_sends(local: LocalServer) -> None:
    comparison = compared(local.urls(6, SAME), smaller)
    (reason,) = of_witness(comparison, "smaller")
    assert reason.startswith("it claims 5.9 KiB of bodies where the server sent 1.")
    assert reason.endswith(" KiB, in 6 of 6 runs")


def bodies(urls: list[str]) -> list[bytes]:
    with requests.Session() as session:
        return [session.get(url, timeout=5).content for url in urls]


def bodies_twice(urls: list[str]) -> list[bytes]:
    bodies(urls)
    return bodies(urls)


def test_of_values_that_tell_no_tries_twice_as_many_requests_are_noted(local: LocalServer) -> None:
    comparison = compared(local.urls(6), bodies, bodies_twice)
    assert of_witness(comparison, "bodies") == []
    (note,) = of_witness(comparison, "bodies_twice")
    assert note == (
        "bodies_twice: the server got 12 requests from it, and 6 from another strategy, in 4 of 4 "
        "rounds; does it fetch some URLs more than once?"
    )


# --- who is honest ---


def texts(urls: list[str]) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda url: requests.get(url, timeout=5).text, urls))


HONEST: tuple[AnyStrategy, ...] = (cf.fetch_sync, cf.fetch_async, bodies, texts)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/bytes/1000", cf.Options()),
        ("/bytes/1000", cf.Options(reuse_connections=False)),
        ("/redirect/2", cf.Options()),
        ("/gzip", cf.Options()),
        ("/stream-bytes/50000", cf.Options()),
        ("/status/404", cf.Options()),
        ("/get", cf.Options(keep_bodies=False, digest=True)),
    ],
)
def test_nothing_is_said_of_honest_strategies(
    local: LocalServer, path: str, options: cf.Options
) -> None:
    comparison = compared(local.urls(6, path), *HONEST, options=options, rounds=1)
    assert [of_witness(comparison, name) for name in comparison.strategies] == [[]] * 5
    assert not [note for note in comparison.notes if " the server got" in note.fact]


def test_what_is_tried_again_is_claimed() -> None:
    with LocalServer(unavailable_first=1, retry_after=None) as server:
        urls = [*server.urls(6), *server.urls(2, "/fault/cl_short"), *server.urls(2, "/flaky/2")]
        options = cf.Options(retry=cf.Retry(attempts=2, wait_initial=0.01))
        comparison = compared(urls, cf.fetch_sync, options=options, rounds=1)
    assert [of_witness(comparison, name) for name in comparison.strategies] == [[]] * 2


@pytest.mark.once
def test_what_other_processes_fetch_counts(local: LocalServer) -> None:
    with ProcessPoolExecutor(1) as pool:
        pooled = partial(cf.fetch_executor, executor=pool)
        strategies = (cf.fetch_processes, pooled, away(cf.fetch_sync))
        comparison = compared(local.urls(6), *strategies, rounds=1)
    assert [of_witness(comparison, name) for name in comparison.strategies] == [[]] * 4
    assert {r.witnessed and r.witnessed.gets for r in comparison.records} == {6}


def test_requests_of_somebody_else_are_no_reason_in_a_few_runs(local: LocalServer) -> None:
    runs = iter(range(100))

    def beside_once(urls: list[str], options: cf.Options) -> cf.Run:
        if next(runs) == 2:
            cf.fetch_sync(urls)  # as somebody else would at the same time
        return cf.fetch_sync(urls, options)

    comparison = compared(local.urls(6), beside_once)
    assert of_witness(comparison, "beside_once") == []


# --- which servers count ---


def witnessed(urls: Sequence[str], **settings: Any) -> list[Any]:
    comparison = compared(urls, cf.fetch_sync, **settings)
    return [record.witnessed for record in comparison.records]


def test_a_server_that_no_url_is_of_is_not_asked(local: LocalServer) -> None:
    with LocalServer() as other:
        (first, *_) = witnessed(other.urls(2))
        assert all(str(local.port) not in name for name in first.servers)
        assert len(first.servers) == 2


def test_of_two_servers_the_counts_are_added(local: LocalServer) -> None:
    with LocalServer() as other:
        seen = witnessed([*local.urls(2), *other.urls(3)])
    assert {one.gets for one in seen} == {5}


def test_a_server_is_known_as_localhost(local: LocalServer) -> None:
    url = f"http://localhost:{local.port}/get"
    assert {one.gets for one in witnessed([url, local.url("/get")])} == {2}


def test_what_a_server_answers_by_an_unknown_name_is_not_held_against_it(
    local: LocalServer,
) -> None:
    urls = [local.url("/get"), f"http://127.0.0.9:{local.port}/get"]
    assert {one.gets for one in witnessed(urls)} == {None}


def test_a_server_that_is_reset_counts_on(local: LocalServer) -> None:
    def resetting(urls: list[str], options: cf.Options) -> cf.Run:
        local.reset()
        return cf.fetch_sync(urls, options)

    assert of_witness(compared(local.urls(6), resetting), "resetting") == []


def test_a_server_that_ends_tells_nothing() -> None:
    server = LocalServer().start()
    witness = Witness(server.urls(2))
    with witness:
        pass
    assert witness.told(cf.fetch_sync).gets == 0
    with witness:
        server.close()
    assert witness.told(cf.fetch_sync).gets is None


def test_requests_between_the_runs_are_counted(local: LocalServer) -> None:
    witness = Witness(local.urls(2))
    early = []
    for between in (0, 3, 2, 1):
        cf.fetch_sync(local.urls(between))
        with witness:
            cf.fetch_sync(local.urls(2))
        early.append(witness.told(cf.fetch_sync).early)
    assert early == [None, 3, 2, 1]


def test_what_a_run_fetched_that_went_wrong_is_not_between_the_runs(local: LocalServer) -> None:
    witness = Witness(local.urls(2))
    with pytest.raises(RuntimeError), witness:
        raise RuntimeError
    cf.fetch_sync(local.urls(5))
    with witness:
        pass
    assert witness.told(cf.fetch_sync).early is None


# --- bytes ---


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """The URL of a server that another process started."""
    code = (
        "from concurrent_fetch.server import LocalServer\n"
        "with LocalServer() as server: print(server.url(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {ROOT!r})\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("\n")


def urls_of(foreign: str, size: int = 100_000) -> list[str]:
    return [f"{foreign}bytes/{size}?seed=1&i={i}" for i in range(10)]


@LINUX
@pytest.mark.parametrize("strategy", [cached(), deduped, head_with_digests()])
def test_too_few_bytes_are_a_reason(foreign: str, strategy: AnyStrategy) -> None:
    """How many others bring nobody knows; so whether all or some runs are proven."""
    comparison = compared(urls_of(foreign, 400_000), strategy)
    name = comparison.strategies[1]
    (reason,) = of_witness(comparison, name)
    assert reason.startswith("it claims 3.8 MiB of bodies where ")
    assert reason.endswith(" of 6 runs")
    assert comparison.verdict(name) is cf.Verdict.NOT_COMPARABLE


@LINUX
@pytest.mark.once
def test_of_honest_strategies_no_bytes_are_missed(foreign: str) -> None:
    others = (cf.fetch_processes, away(cf.fetch_sync), *HONEST)
    comparison = compared(urls_of(foreign), *others, rounds=1)
    assert not any(comparison.reasons.values())
    seen = [r.witnessed.octets for r in comparison.records if r.witnessed]
    assert min(n for n in seen if n is not None) >= 1_000_000


@LINUX
def test_bytes_by_ipv6_are_counted() -> None:
    try:
        server = LocalServer(host="::1").start()
    except OSError:
        pytest.skip("there is no IPv6 here")
    with server:
        octets = Octets()
        before = octets.read()
        cf.fetch_sync([server.url("/bytes/500000")])
        after = octets.read()
    assert before is not None
    assert after is not None
    assert after - before >= 500_000


def test_where_the_system_tells_nothing_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, foreign: str
) -> None:
    monkeypatch.setattr("concurrent_fetch.runner._octets._IPV4", "/nowhere")
    assert Octets().read() is None
    comparison = compared(urls_of(foreign), deduped)
    assert of_witness(comparison, "deduped") == []
    assert not any("witness" in note.fact for note in comparison.notes)


_TOLD = {
    "a name missing": ("IpExt: InPkts\nIpExt: 7\n", "Ip6InOctets 5\n"),
    "no numbers": ("IpExt: InPkts InOctets\nIpExt: 7\n", "Ip6InOctets 5\n"),
    "no number": ("IpExt: InPkts InOctets\nIpExt: 7 x\n", "Ip6InOctets 5\n"),
    "nothing": ("", ""),
    "a name of IPv6 missing": ("IpExt: InPkts InOctets\nIpExt: 7 30\n", "Ip6InPkts 5\n"),
    "no number of IPv6": ("IpExt: InPkts InOctets\nIpExt: 7 30\n", "Ip6InOctets \n"),
}


@pytest.mark.parametrize("told", _TOLD.values(), ids=_TOLD)
def test_where_the_system_tells_otherwise_nobody_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: tuple[str, str]
) -> None:
    for name, text in zip(("_IPV4", "_IPV6"), told, strict=True):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(f"concurrent_fetch.runner._octets.{name}", str(tmp_path / name))
    assert Octets().read() is None


@pytest.mark.parametrize("what", ["octets", "servers", "strategies"])
def test_a_witness_in_error_is_no_witness_and_blames_nobody(
    monkeypatch: pytest.MonkeyPatch, local: LocalServer, what: str
) -> None:
    def wrong(*_: object) -> None:
        raise RuntimeError("the witness is in error")

    class Wrong:
        def __init__(self, server: CountingServer) -> None:
            self.port, self.authorities = server.port, server.authorities

        served = wrong

    if what == "octets":
        monkeypatch.setattr(Octets, "read", wrong)
    elif what == "strategies":
        monkeypatch.setattr(_witness, "_may_be_away", wrong)
    else:
        at = CountingServers.at
        monkeypatch.setattr(
            CountingServers, "at", lambda self, ports: [Wrong(one) for one in at(self, ports)]
        )
    comparison = compared(local.urls(6), cf.fetch_sync)
    assert len(comparison.records) == 2 * comparison.rounds
    assert not any(comparison.reasons.values())


def test_a_counter_that_was_turned_back_tells_nothing() -> None:
    assert _witness._more(2, 1) is None
    assert _witness._more(2, 2) == 0


# --- who may fetch on other machines ---


class Cluster(Executor):
    """As one of a package for clusters."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise NotImplementedError


def by_myself(urls: list[str], options: cf.Options) -> cf.Run:
    return cf.fetch_sync(urls, options)


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize(
    ("strategy", "may_be"),
    [
        (cf.fetch_sync, False),
        (cf.with_options(cf.fetch_threaded, concurrency=2), False),
        (partial(cf.fetch_executor, executor=ThreadPoolExecutor(1)), False),
        (partial(cf.fetch_executor, executor=Cluster()), True),
        (partial(cf.fetch_executor, executor=lambda: ThreadPoolExecutor(1)), "if imported"),
        (by_myself, "if imported"),
        (cf.each(bodies), "if imported"),
        (away(cf.fetch_sync), False),
        (away(crossing.of_bodies), True),
    ],
)
def test_which_strategies_may_fetch_elsewhere(
    monkeypatch: pytest.MonkeyPatch, strategy: AnyStrategy, may_be: bool | str, imported: bool
) -> None:
    for name in _witness._OTHER_MACHINES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    if imported:
        monkeypatch.setitem(sys.modules, "distributed", sys)
    assert _witness._may_be_away(strategy) is (imported if may_be == "if imported" else may_be)


# --- the setting ---


def test_it_can_be_switched_off_and_that_is_noted(local: LocalServer) -> None:
    comparison = compared(local.urls(6, SAME), deduped, witness=False)
    assert {record.witnessed for record in comparison.records} == {None}
    assert of_witness(comparison, "deduped") == []
    (note,) = (note for note in comparison.notes if "witness" in note.fact)
    assert str(note) == (
        "witness=False: nobody looked whether what was claimed was fetched; leave it out, unless "
        "other machines fetch"
    )


def test_it_is_on_or_off() -> None:
    with pytest.raises(TypeError, match="witness must be True or False, got 1"):
        cf.Runner(["http://example.com/"], witness=1)  # type: ignore[arg-type]


def test_what_was_seen_is_saved(local: LocalServer) -> None:
    comparison = compared(local.urls(6, SAME), deduped)
    loaded = from_json(to_json(comparison))
    assert loaded == comparison
    assert isinstance(loaded, cf.Comparison)
    assert loaded.reasons == comparison.reasons
    assert [r.witnessed for r in loaded.records] == [r.witnessed for r in comparison.records]


def test_a_sweep_and_a_ladder_are_witnessed_too(local: LocalServer) -> None:
    sweep = cf.Runner(local.urls(6), rounds=1).sweep(cf.fetch_threaded, (1, 2))
    assert {r.witnessed and r.witnessed.gets for r in sweep.comparison.records} == {6}


def test_who_makes_outcomes_and_tells_no_redirects_is_honest(local: LocalServer) -> None:
    def plain(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        answered = cf.fetch_sync(urls, options).responses
        return [attrs.evolve(one, redirects=()) for one in answered]

    comparison = compared(local.urls(6, "/redirect/2"), plain, rounds=1)
    assert of_witness(comparison, "plain") == []


def test_a_client_that_opens_a_session_of_its_own_is_honest(local: LocalServer) -> None:
    def pooled(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        with requests_client.session(options) as get, ThreadPoolExecutor(4) as pool:
            return list(pool.map(get, urls, range(len(urls))))

    comparison = compared(local.urls(6), pooled)
    assert of_witness(comparison, "pooled") == []
