"""Secrets and control characters: none of those planted is in anything that is shown or saved."""

import contextlib
import functools
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from comparisons import by_hand
from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import RawServer, Script, always, head, once, reply

import concurrent_fetch as cf
from concurrent_fetch import Options, Outcome, Runner, errors
from concurrent_fetch.cli import main
from concurrent_fetch.export import SUFFIXES
from concurrent_fetch.render import to_html, to_markdown, to_text

pytestmark = pytest.mark.once

SECRET = "s3cr3t"  # a part of each that is planted
ODD = "\x00\x07\x08\x1b\x7f\x9b\u202e\u2066\ud800"
"""What speaks to a terminal, or changes the direction of writing."""
SENT = {
    "Authorization": f"Bearer {SECRET}-bearer",
    "Cookie": f"id={SECRET}-cookie",
    "Proxy-Authorization": f"Basic {SECRET}-proxy",
    "X-Api-Key": f"{SECRET}-key",
}
ESC = "\x1b[2J\u202e\x9b"


def line(text: str, status: str = "200 OK") -> Script:
    fields = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n{text}\r\n\r\nok"
    return once(fields.encode("latin-1", "replace"))


SET = f"sid={SECRET}-sid; path=/"
HOSTILE: Mapping[str, Script] = {
    "a blank before the colon": line(f"Set-Cookie : {SET}"),
    "no colon": line(f"Set-Cookie {SET}"),
    "a NUL in the value": line(f"Set-Cookie: {SET}\0"),
    "a NUL in the name": line(f"Set-\0Cookie: {SET}"),
    "a folded one": line(f"Set-Cookie: a=1;\r\n {SET}\r\nBad Name: {SECRET}"),
    "a folded first": once(f"HTTP/1.1 200 OK\r\n Set-Cookie: {SECRET}\r\n\r\n".encode()),
    "no name": line(f": {SECRET}"),
    "a bare CR": line(f"Set-Cookie: a\rSet-Cookie: {SET}"),
    "an echo of the request": line("".join(f"{n} : {v}\r\n" for n, v in SENT.items()) + "A: b"),
    "an echo in one line": line(f"X-Echo {SENT['Authorization']} {SENT['Cookie']}"),
    "an echo in a good line": line(f"X-Echo: {SENT['Authorization']}, {SENT['X-Api-Key']}"),
    "good cookies": line(f"Set-Cookie: {SET}\r\nSet-Cookie2: {SET}\r\nX-Auth-Token: {SECRET}"),
    "codes in a good line": line(f"X-Odd: a{chr(0x9B)}2Jb"),
    "codes in a line": line("X-Odd: a\x1b[2Jb"),
    "codes in a name": line("X-\x1b[2J: b"),
    "a reason": line("A: b", status=f"200 {SECRET}\x1b[2J"),
    "a status": once(f"HTTP/1.1 {SECRET}\r\n\r\n".encode()),
    "no status line": once(f"Set-Cookie: {SET}\r\n\r\n".encode()),
    "a version": once(f"{SECRET}/1.1 200 OK\r\n\r\n".encode()),
    "a length": line(f"Content-Length: {SECRET}"),
    "a transfer coding": line(f"Transfer-Encoding: {SECRET}"),
    "a coding": line(f"Content-Encoding: {SECRET}\x7f"),
    "no coding": line(f"Content-Encoding: {SENT['Authorization']}"),
    "a chunk": once(head("Transfer-Encoding: chunked") + f"{SECRET}\r\n".encode()),
    "a footer": once(head("Transfer-Encoding: chunked") + f"1\r\nx{SECRET}\r\n".encode()),
    "a trailer": once(
        head("Transfer-Encoding: chunked") + f"1\r\nx\r\n0\r\nSet-Cookie {SET}\r\n\r\n".encode()
    ),
    "a long line": line(f"Set-Cookie : {SECRET * 9000}"),
    "many lines": line("".join(f"A{n}: {SECRET}\r\n" for n in range(300)) + f"Set-Cookie {SET}"),
    "surplus": always(reply(b"ok") + f"Set-Cookie: {SET}\r\n\r\n".encode()),
    "user info in a redirect": once(
        reply(b"", f"Location: //{SECRET}:{SECRET}@127.0.0.1:1/", status="302 Found")
    ),
    "a bad redirect": once(
        reply(b"", f"Location: http:\\\\{SECRET}:{SECRET}@h/\x1f", status="302 Found")
    ),
    "an unusable redirect": once(
        reply(b"", f"Location: http:/{SECRET}:{SECRET}@h:x/", status="302 Found")
    ),
    "a token in a redirect": once(
        reply(b"", f"Location: http://127.0.0.1:1/?access_token={SECRET}", status="302 Found")
    ),
    "a redirect that is not followed": once(
        reply(
            b"",
            f"Location: http:/{SECRET}:{SECRET}@h/?sig={SECRET}",
            f"Content-Location: //{SECRET}@h",
            f"Refresh: 0; url=http://{SECRET}:{SECRET}@h/?token={SECRET}",
            status="404 Not Found",
        )
    ),
}
URLS = (
    "http://u-{s}:p-{s}@{h}/a?page=1&api_key={s}&x-amz-signature={s}#access_token={s}",
    "http:\\\\u:{s}@{h}/",
    "u:{s}//{s}@{h}/",
    "http://u:{s}\uff20{h}/",
    "//u:{s}@{h}",
    "http://h\x1b[2J/?token={s}",
    "http://{h}/\u202e?own={s}",
)


def outputs_of_run(run: cf.Run, folder: Path) -> Iterator[str]:
    """Everything that can be shown or saved of a run."""
    # An outcome by itself knows nothing of Options.secret_params.
    yield from (repr(run), str(run), *[repr(one) for one in run if "own=" not in one.url])
    table = run.table()
    yield from (to_text(table), to_markdown(table), to_html(table), run._repr_html_())
    picture = run.timeline()
    yield from (picture.svg, picture.alt, repr(picture), picture.to_html())
    yield from (ascii(run.to_columns()), ascii(run.to_dicts()))
    try:
        run.raise_for_failures()
    except errors.FetchFailed as error:
        yield from (str(error), repr(error))
    yield from saved(run, folder)


def saved(result: Any, folder: Path) -> Iterator[str]:
    for suffix in SUFFIXES:
        path = folder / f"result{suffix}"
        cf.save(result, path)
        yield path.read_text(encoding="utf-8")
    yield shown("show", str(folder / "result.json"))


def shown(*arguments: str) -> str:
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        contextlib.suppress(SystemExit),
    ):
        main(list(arguments))
    return out.getvalue()


def check(outputs: Iterator[str]) -> int:
    count = 0
    for count, text in enumerate(outputs, 1):  # noqa: B007 - the number is returned
        assert SECRET not in text, text[max(0, text.index(SECRET) - 200) :][:400]
        odd = set(ODD) & set(text)
        assert not odd, f"{odd!a} in {text[max(0, text.index(min(odd)) - 200) :][:400]!a}"
    return count


def options(**more: Any) -> Options:
    own = ("own",)
    return Options(timeout=3, headers=SENT, secret_params=own, concurrency=1, **more)


def test_what_servers_say_is_in_no_output(client_strategy: ClientStrategy, tmp_path: Path) -> None:
    count = 0
    for script in HOSTILE.values():
        with RawServer(script) as server:
            url = URLS[0].format(s=SECRET, h=f"127.0.0.1:{server.port}")
            run = client_strategy.fetch([url], options())
        for outcome in run.failures:
            assert len(outcome.message) <= 300
            assert "400" not in outcome.message
        count += check(outputs_of_run(run, tmp_path))
    assert count >= 700  # and there are six ways: some thousands in all


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_proxies_say_is_in_no_output(
    client_strategy: ClientStrategy,
    scheme: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = f"Proxy-Authorization: {SECRET}"
    for script in (
        once(reply(b"", said, status=f"407 {SECRET} {ESC}".encode("ascii", "replace").decode())),
        once(f"HTTP/1.1 502 {said}\r\n{said} : x\r\n\r\n".encode()),
        once(f"{said}\r\n\r\n".encode()),
    ):
        with RawServer(script) as server:
            monkeypatch.setenv(
                f"{scheme}_proxy", f"http://{SECRET}:{SECRET}@127.0.0.1:{server.port}"
            )
            run = client_strategy.fetch([f"{scheme}://host.invalid/"], options(trust_env=True))
        check(outputs_of_run(run, tmp_path))


def test_what_urls_hold_is_in_no_output(client_strategy: ClientStrategy, tmp_path: Path) -> None:
    with RawServer(always(reply(b"ok"))) as server:
        urls = [url.format(s=SECRET, h=f"127.0.0.1:{server.port}") for url in URLS]
        run = client_strategy.fetch(urls, options())
    assert check(outputs_of_run(run, tmp_path)) >= 25


def test_what_strategies_say_is_in_no_output() -> None:
    url = f"http://u:{SECRET}@127.0.0.1:1/?token={SECRET}&own={SECRET}"

    def raises(urls: list[str], _: Options) -> list[Outcome]:
        raise ValueError(f"{urls[0]} {ESC} Set-Cookie : sid={SECRET}" + "x" * 9999)

    def forgets(_: list[str], __: Options) -> list[Outcome]:
        return []

    def said() -> Iterator[str]:
        for strategy in (raises, forgets):
            with pytest.raises(errors.StrategyError) as refused:
                Runner([url], options(), rounds=1).run(strategy)
            yield str(refused.value)
            assert len(str(refused.value)) < 500
        with pytest.raises(errors.UnknownNameError) as unknown:
            cf.fetch_sync([url], client=f"nosuch{ESC}")
        yield str(unknown.value)
        given: Any = {"token": SECRET, "proxy": f"http://u:{SECRET}@h"}
        partial = functools.partial(raises, **given)
        yield repr(cf.with_options(partial, concurrency=2, headers=SENT))
        listed = url.replace("own=", "key=")
        yield repr(Runner([listed], options()))
        yield str(Runner([url], options()).plan(cf.fetch_sync))
        yield repr(options())
        yield shown("fetch", listed, f"nosuch{ESC}://u:{SECRET}@h/")
        yield shown("compare", listed, "-s", "sync", "--rounds", "1")

    assert check(said()) == 9


@pytest.mark.parametrize("result", list(by_hand()), ids=lambda result: type(result).__name__)
def test_odd_names_and_notes_speak_to_no_terminal(
    result: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = _renamed(result)
    parts = [repr(odd), str(odd), odd._repr_html_(), *saved(odd, tmp_path)]
    comparison = odd if isinstance(odd, cf.Comparison) else getattr(odd, "comparison", None)
    if comparison is not None:
        parts += [comparison.explain(), str(comparison.card), *map(str, comparison.notes)]
        parts += [comparison.timeline().alt, comparison.chart().alt, repr(comparison.chart())]
        parts += [to_text(comparison.beside(comparison))]
    assert check(iter(parts)) >= 11
    assert cf.load(tmp_path / "result.json") == odd
    assert capsys.readouterr() == ("", "")


def _renamed(result: Any) -> Any:
    """The same result with odd texts wherever somebody else may choose one."""
    if isinstance(result, cf.Run):
        return attrs.evolve(result, strategy=f"a{ESC}b")
    if not isinstance(result, cf.Comparison):
        whole = _renamed(result.comparison) if isinstance(result, cf.Ladder) else result.comparison
        named = (
            {"changes": tuple(f"{c}{ESC}" for c in result.changes)}
            if whole != result.comparison
            else {"strategy": f"a{ESC}b"}
        )
        return attrs.evolve(result, comparison=whole, **named)
    names = {name: f"{name}{ESC}" for name in result.strategies}
    note = cf.Note(strategy=names[result.strategies[0]], fact=f"fact{ESC}", advice=ESC)
    return attrs.evolve(
        result,
        strategies=tuple(names.values()),
        checks={
            names[n]: attrs.evolve(check, strategy=names[n]) for n, check in result.checks.items()
        },
        records=tuple(attrs.evolve(r, strategy=names[r.strategy]) for r in result.records),
        order=tuple(tuple(names[n] for n in row) for row in result.order),
        probes={names[n]: probe for n, probe in result.probes.items()},
        reasons={names[n]: against for n, against in result.reasons.items()},
        notes=(note,),
        card=attrs.evolve(result.card, platform=f"odd{ESC}"),
    )


def test_a_progress_bar_speaks_to_no_terminal_but_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "\u202e\x9bname"
    with RawServer(always(reply(b"ok"))) as server:
        Runner([server.url()], rounds=1, progress=True).compare(
            cf.fetch_sync, **{name: cf.fetch_async}
        )
    shown = capsys.readouterr().err
    assert "name" in shown
    assert not set("\u202e\x9b") & set(shown)


def test_there_are_thousands() -> None:
    assert len(HOSTILE) * len(CLIENT_STRATEGIES) * 22 >= 1000
