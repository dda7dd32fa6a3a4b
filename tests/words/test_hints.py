"""What a call with a wrong keyword says to write, and that help() shows every field."""

import ast
import asyncio
import inspect
import pickle
import pydoc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
import pytest

import concurrent_fetch as cf
from concurrent_fetch import clients, model
from concurrent_fetch.model._other_words import MISSING, OTHER_WORDS
from concurrent_fetch.server import LocalServer

URLS = ["http://127.0.0.1:1/"]
FETCHERS: list[Callable[..., Any]] = [
    *(cf.fetch_sync, cf.fetch_threaded, cf.fetch_async),
    *(cf.iter_sync, cf.iter_threaded, cf.iter_async),
]
RUNNER = cf.Runner(URLS)
OPTIONS = [field.name for field in attrs.fields(cf.Options)]
DESCRIBED = [cf.Options, cf.Response, cf.Failure, cf.Timing, cf.Run, cf.Runner]


def said(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
    """Return what the call says that its arguments do not fit, just when it is called."""
    with pytest.raises(TypeError) as caught:
        call(*arguments, **keywords)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("fetch", FETCHERS, ids=lambda fetch: fetch.__name__)
def test_an_option_as_a_keyword_of_a_strategy_is_told_its_place(fetch: Callable[..., Any]) -> None:
    name = fetch.__name__
    assert said(fetch, URLS, concurrency=5) == (
        f"{name} has no argument 'concurrency'; write {name}(urls, Options(concurrency=5))"
    )
    assert said(fetch, URLS, timeout=2.5, verify_ssl=False) == (
        f"{name} has no argument 'timeout', 'verify_ssl'; "
        f"write {name}(urls, Options(timeout=2.5, verify=False))"
    )
    assert (
        said(fetch, URLS, cliant="x") == f"{name} has no argument 'cliant' (did you mean 'client'?)"
    )
    assert said(fetch, URLS, zzz=1) == f"{name} has no argument 'zzz'; it has urls, options, client"
    near = f"(did you mean {name}(urls, Options(concurrency=...))?)"
    assert said(fetch, URLS, concurency=5) == f"{name} has no argument 'concurency' {near}"


@pytest.mark.parametrize("fetch", FETCHERS, ids=lambda fetch: fetch.__name__)
@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_told_its_place(fetch: Callable[..., Any], option: str) -> None:
    code = f"{fetch.__name__}(urls, Options({option}=...))"
    assert said(fetch, URLS, **{option: "s3cret"}).endswith(f"; write {code}")


RUNNERS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (cf.Runner, {"concurrency": 5}, "Runner(urls, Options(concurrency=5))"),
    (cf.Runner, {"repeat": 5}, "Runner(urls, rounds=5)"),
    (RUNNER.run, {"rounds": 5}, "Runner(urls, rounds=5).run(strategy)"),
    (RUNNER.run, {"timeout": 5}, "Runner(urls, Options(timeout=5)).run(strategy)"),
    (RUNNER.sweep, {"rounds": 5}, "Runner(urls, rounds=5).sweep(strategy)"),
    (RUNNER.ladder, {"max_workers": 5}, "Runner(urls, Options(concurrency=5)).ladder()"),
    (RUNNER.compare, {"rounds": 5}, "Runner(urls, rounds=5).compare(...)"),
    (RUNNER.compare, {"concurrency": 5}, "Runner(urls, Options(concurrency=5)).compare(...)"),
    (RUNNER.plan, {"n_jobs": 5}, "Runner(urls, Options(concurrency=5)).plan(...)"),
    (cf.with_options, {"max_workers": 5}, "with_options(strategy, concurrency=5)"),
    (clients.requests_client.session, {"timeout": 5}, "client.session(Options(timeout=5))"),
    (clients.aiohttp_client.session, {"timeout": 5}, "client.session(Options(timeout=5))"),
    (LocalServer, {"delay": 0.1}, "LocalServer(latency=0.1)"),
    (LocalServer, {"max_per_host": 4}, "LocalServer(per_host=4)"),
    (LocalServer, {"rps": 50}, "LocalServer(rate=50)"),
    (LocalServer, {"fail_first": 2}, "LocalServer(unavailable_first=2)"),
]


@pytest.mark.parametrize(
    ("call", "keywords", "code"), RUNNERS, ids=[code for _, _, code in RUNNERS]
)
def test_a_keyword_is_told_its_place(
    call: Callable[..., Any], keywords: dict[str, Any], code: str
) -> None:
    takes_nothing = call in (RUNNER.ladder, LocalServer) or "session" in code
    arguments = [] if takes_nothing else [URLS] if call is cf.Runner else [cf.fetch_sync]
    assert said(call, *arguments, **keywords).endswith(f"; write {code}")


NEAR: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (cf.Options, {"tiemout": 5}, "Options has no field 'tiemout' (did you mean 'timeout'?)"),
    (cf.Options, {"timeout_s": 5}, "Options has no field 'timeout_s'; write Options(timeout=5)"),
    (cf.Options, {"xyz": 5}, "Options has no field 'xyz'"),
    (cf.Options, {"verify_ssl": "a b"}, "no field 'verify_ssl'; write Options(verify=...)"),
    (cf.Options, {"cookie": {}}, "'cookie'; write Options(cookies=...)"),
    (cf.Options, {"follow_redirects": False}, "write Options(max_redirects=0) to get a redirect"),
    (cf.Options, {"basic_auth": ("a", "b")}, "write Options(auth=...)"),
    (cf.Options, {"limit_per_host": 4}, "write Options(per_host=4)"),
    (cf.Options, {"download_delay": 0.5}, "write Options(delay=0.5)"),
    (cf.Options, {"requests_per_second": 9}, "write Options(rate=9)"),
    (cf.Options, {"max_rate": 600}, "a rate is of starts per second; write Options(rate=...)"),
    (cf.Options, {"polite": True}, "write Options(per_host=2, delay=1.0)"),
    (cf.Options, {"max_attempts": 3}, "write Options(retry=3)"),
    (cf.Options, {"max_retries": 3}, "the number of tries in all: one more than of retries"),
    (cf.Options, {"status_forcelist": [503]}, "write Options(retry=Retry(on=...))"),
    (cf.Options, {"max_time": 60}, "Options(deadline=...) for the run's"),
    (cf.Options, {"params": {}}, "write the query into the URL, as 'http://host/?page=2'"),
    (cf.Options, {"json": {}}, "may be a Request: write Request(url, json={...}) in the place of"),
    (cf.Options, {"method": "PUT"}, "write Request(url, method='POST')"),
    (cf.fetch_sync, {"urls": URLS, "data": {}}, "write Request(url, data={...})"),
    (
        cf.fetch_sync,
        {"urls": URLS, "auth": ("a", "b")},
        "write fetch_sync(urls, Options(auth=...))",
    ),
    (cf.Request, {"url": "x", "content": b"s3cret"}, "write Request(url, body=...)"),
    (cf.Request, {"url": "x", "params": {}}, "write the query into the URL"),
    (cf.Request, {"url": "x", "auth": ("a", "b")}, "write user info into the URL"),
    (cf.Request, {"url": "x", "timeout": 5}, "write Options(timeout=...)"),
    (cf.Runner, {"urls": URLS, "rouns": 5}, "(did you mean 'rounds'?)"),
    (cf.Client, {"name": "x", "opens": 1}, "Client has no argument 'opens' (did you mean 'open'?)"),
    (cf.AsyncClient, {"fail": 1}, "AsyncClient has no argument 'fail'"),
    (LocalServer, {"latncy": 5}, "LocalServer has no argument 'latncy' (did you mean 'latency'?)"),
    (LocalServer().urls, {"count": 5}, "LocalServer.urls has no argument 'count'; it has n, path"),
    (cf.save, {"file": "x"}, "save has no argument 'file'; it has result, path"),
    (cf.load, {"file": "x"}, "load has no argument 'file'; it has path"),
    (
        cf.with_options,
        {"strategy": cf.fetch_sync, "cert": 1},
        "'cert'; no client sends a certificate of its own",
    ),
]


@pytest.mark.parametrize(
    ("call", "keywords", "words"), NEAR, ids=[",".join(n[1]) + str(i) for i, n in enumerate(NEAR)]
)
def test_a_keyword_that_is_nowhere_is_told_what_helps(
    call: Callable[..., Any], keywords: dict[str, Any], words: str
) -> None:
    assert words in said(call, **keywords)


def test_what_libraries_have_besides_is_told_one_by_one() -> None:
    assert said(cf.fetch_sync, URLS, retries=2, limit=3, opts=1) == (
        "fetch_sync has no argument 'retries', 'limit', 'opts' (did you mean 'options'?); retries: "
        "write Options(retry=...) with the number of tries in all: one more than of retries; "
        "write fetch_sync(urls, Options(concurrency=3))"
    )


def test_the_other_words_are_no_options_and_lead_to_some() -> None:
    assert not (OTHER_WORDS.keys() | MISSING.keys()) & set(OPTIONS)
    assert not OTHER_WORDS.keys() & MISSING.keys()
    assert {keyword.partition("=")[0] for keyword in OTHER_WORDS.values()} <= set(OPTIONS)


def test_another_mistake_is_told_as_python_does() -> None:
    assert said(cf.fetch_sync) == "fetch_sync() missing 1 required positional argument: 'urls'"
    assert "positional" in said(cf.Options, 5)


def test_a_type_error_from_within_passes_through() -> None:
    def urls() -> Any:
        raise TypeError("mine")
        yield

    assert said(cf.fetch_sync, urls()) == "mine"


def test_a_hinted_function_is_what_it_was() -> None:
    for fetch in FETCHERS:
        parameters = inspect.signature(fetch).parameters
        assert list(parameters) == ["urls", "options", "client"]
        assert inspect.isfunction(fetch)
        assert inspect.iscoroutinefunction(fetch) == (fetch is cf.fetch_async)
        assert pickle.loads(pickle.dumps(fetch)) is fetch
    assert list(inspect.signature(cf.Options).parameters) == OPTIONS
    assert list(inspect.signature(RUNNER.run).parameters) == ["strategy"]
    run = asyncio.run(cf.fetch_async([], cf.Options(concurrency=3)))
    assert (len(run), run.options.concurrency) == (0, 3)


@pytest.mark.parametrize("cls", DESCRIBED, ids=lambda cls: cls.__name__)
def test_help_shows_every_field_with_its_type_and_its_words(cls: type) -> None:
    words = words_of(cls)
    assert list(words) == [field.name for field in attrs.fields(cls)]
    for shown in (pydoc.plain(pydoc.render_doc(cls)), inspect.getdoc(cls) or ""):
        for name, (kind, said_of_it) in words.items():
            assert f"{name}: {flat(kind)}" in flat(shown)
            assert flat(said_of_it) in flat(shown)


def test_help_tells_units_and_defaults() -> None:
    said_of_options = cf.Options.__doc__ or ""
    assert said_of_options.startswith("How to fetch, whatever the strategy and the client.\n\n")
    assert "\n    timeout: Seconds = 30.0\n        Deadline of one fetch" in said_of_options
    assert "\n    max_bytes: Bytes | None = 100 * 2 ** 20\n" in said_of_options
    assert "\n    size: Bytes\n        Of the decoded body.\n" in (cf.Response.__doc__ or "")
    assert cf.Options().__doc__ == said_of_options


def test_without_its_source_a_class_keeps_its_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent_fetch.words import described

    def unread(_: object) -> str:
        raise OSError("could not get source code")

    monkeypatch.setattr(inspect, "getsource", unread)

    @described
    class Mine:
        """What it is."""

        a: int

    assert Mine.__doc__ == "What it is."


def flat(text: str) -> str:
    """Return the words without what frames them: `help` draws a line beside all it shows."""
    return " ".join(text.replace("|", " ").split())


def words_of(cls: type) -> dict[str, tuple[str, str]]:
    """Return the type and the words of each field, as they stand in the source."""
    source = inspect.getsource(inspect.getmodule(cls) or model)
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    (body,) = [node.body for node in classes if node.name == cls.__name__]
    found = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr):
            found[ast.unparse(node.target)] = (
                ast.unparse(node.annotation),
                str(ast.literal_eval(after.value)),
            )
    return found
