"""The command line: arguments in, results on stdout, remarks on stderr, an exit code out."""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.cli._input import urls_of
from concurrent_fetch.cli._output import OutputError, flush, is_watched, note, room, show
from concurrent_fetch.cli._parser import options_of, parse, strategies_of, usage
from concurrent_fetch.errors import ConcurrentFetchError, FormatError
from concurrent_fetch.export import LOADED, Result, load, save, suffix_of
from concurrent_fetch.http import redact
from concurrent_fetch.model import Outcome, Response, Run
from concurrent_fetch.render import many, seconds, size, to_text
from concurrent_fetch.results import Comparison
from concurrent_fetch.runner import Runner, is_loopback
from concurrent_fetch.server import LocalServer, serve
from concurrent_fetch.strategies import fetch_async, fetch_sync, fetch_threaded

_INTERRUPTED = 130
_DEMO_URLS = 20
_DEMO_LATENCY: Seconds = 0.02


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (`sys.argv` without the program) and return its exit code."""
    try:
        status = _status(argv)
        flush()
    except KeyboardInterrupt:
        note("concurrent-fetch: interrupted")
        return _INTERRUPTED
    except OutputError as error:
        note(f"concurrent-fetch: {error}")
        return 1
    return status


def _status(argv: Sequence[str] | None) -> int:
    try:
        arguments = parse(argv)
        return _COMMANDS[arguments.command](arguments)
    except SystemExit as end:  # argparse ends so, after --help and after what it does not accept
        return end.code if isinstance(end.code, int) else 0
    except ConcurrentFetchError as error:
        note(f"concurrent-fetch: {error}")
        return 1


# --- The commands ---


def _demonstrate(arguments: argparse.Namespace) -> int:
    note(
        "Comparing fetch_sync, fetch_threaded and fetch_async on "
        f"{many(_DEMO_URLS, 'URL')} of a local server, {seconds(_DEMO_LATENCY)} each: about 7 s."
    )
    with LocalServer(latency=_DEMO_LATENCY) as server:
        runner = Runner(server.urls(_DEMO_URLS), rounds=10, progress=is_watched())
        comparison = runner.compare(fetch_sync, fetch_threaded, fetch_async)
    return max(_export(comparison, arguments.demo_exports), _show_comparison(comparison))


def _compare(arguments: argparse.Namespace) -> int:
    with usage(arguments.parser):
        strategies, options = strategies_of(arguments), options_of(arguments)
        kept = next((path for path in arguments.exports if suffix_of(path) == LOADED), None)
        runner = Runner(
            urls_of(arguments.urls, arguments.file),
            options,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            seed=arguments.seed,
            max_requests=arguments.max_requests,
            progress=is_watched(),
            autosave=kept,
        )
        plan = runner.plan(**strategies)
        if not plan.is_local:
            note(to_text(str(plan)))
        plan.check(arguments.max_requests)
    with _pointing_to(kept):
        comparison = runner.compare(**strategies)
    return max(_export(comparison, arguments.exports), _show_comparison(comparison))


@contextmanager
def _pointing_to(kept: Path | None) -> Iterator[None]:
    """Say after Ctrl-C where the rounds that were over are, if one was."""
    before = _written_at(kept)
    try:
        yield
    except KeyboardInterrupt:
        if _written_at(kept) != before:
            note(f"kept so far: concurrent-fetch show {kept}")
        raise


def _written_at(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path and path.exists() else None


def _fetch(arguments: argparse.Namespace) -> int:
    with usage(arguments.parser):
        strategies, options = strategies_of(arguments), options_of(arguments)
        if len(strategies) > 1:
            raise ValueError("fetch takes one --strategy; compare takes several")
        runner = Runner(urls_of(arguments.urls, arguments.file), options)
    (strategy,) = strategies.values()
    run = runner.run(strategy)
    return max(_export(run, arguments.exports), _show_run(run))


def _show(arguments: argparse.Namespace) -> int:
    result = _loaded(arguments.path, arguments.parser)
    code = _export(result, arguments.exports)
    if isinstance(result, Comparison):
        _show_comparison(result)
    elif isinstance(result, Run):
        _show_run(result)
    else:
        show(to_text(result.table(), room()))
    return code


def _diff(arguments: argparse.Namespace) -> int:
    before, after = (
        _comparison_in(path, arguments.parser) for path in (arguments.before, arguments.after)
    )
    if not set(before.strategies) & set(after.strategies):
        arguments.parser.error(
            f"the two have no strategy in common: {', '.join(before.strategies)}; "
            f"{', '.join(after.strategies)}"
        )
    show(to_text(after.beside(before), room()))
    return 0


def _comparison_in(path: str, parser: argparse.ArgumentParser) -> Comparison:
    result = _loaded(path, parser)
    if isinstance(result, Run):
        parser.error(f"{path} holds one run, and no comparison")
    return result if isinstance(result, Comparison) else result.comparison


def _loaded(path: str, parser: argparse.ArgumentParser) -> Result:
    try:
        return load(path)
    except OSError as error:
        parser.error(f"cannot read {path}: {error.strerror}")
    except FormatError as error:
        parser.error(str(error))


def _serve(arguments: argparse.Namespace) -> int:
    def ready(url: str) -> None:
        show(url)
        if not is_loopback(arguments.host):
            note(
                "warning: other machines may reach this server, and it does whatever it is asked "
                "to; leave --host out where they need not"
            )
        note("Serving until Ctrl-C.")

    try:
        with usage(arguments.parser):
            serve(
                latency=arguments.latency,
                capacity=arguments.capacity,
                per_host=arguments.per_host,
                rate=arguments.rate,
                retry_after=arguments.retry_after,
                retry_after_as_date=arguments.retry_after_as_date,
                unavailable_first=arguments.unavailable_first,
                host=arguments.host,
                port=arguments.port,
                ready=ready,
            )
    except KeyboardInterrupt:
        pass  # the normal end of a server, also of one that does not listen yet
    except OSError as error:
        arguments.parser.error(f"cannot listen (--host, --port): {error.strerror}")
    return 0


_COMMANDS: Mapping[str | None, Callable[[argparse.Namespace], int]] = {
    None: _demonstrate,
    "compare": _compare,
    "fetch": _fetch,
    "show": _show,
    "diff": _diff,
    "serve": _serve,
}


# --- What they show ---


def _show_comparison(comparison: Comparison) -> int:
    table = comparison.table()
    explanation = [to_text(line, room()) for line in comparison.explain().splitlines()]
    show("\n".join([to_text(attrs.evolve(table, notes=()), room()), "", *explanation]))
    for remark in table.notes:
        note(to_text(remark))
    failed, refused = set[int](), set[int]()
    for record in (*comparison.checks.values(), *comparison.records):
        failed |= {i for i, kind in enumerate(record.columns["kind"]) if kind is not None}
        refused |= {i for i, code in enumerate(record.columns["status_code"]) if code >= 400}
    return _show_losses(len(failed), len(refused), len(comparison.urls))


def _show_run(run: Run) -> int:
    if not len(run):
        show(str(run))
        return 0
    rows = [_row(outcome, run.options.secret_params) for outcome in run]
    result, width, time = (max(map(len, column)) for column in list(zip(*rows, strict=True))[:3])
    lines = [f"{r:<{result}}  {s:>{width}}  {t:>{time}}  {rest}" for r, s, t, rest in rows]
    lines.append(f"{many(len(run), 'URL')} in {run.elapsed:.2f} s")
    show("\n".join([to_text(line, room()) for line in lines]))
    return _show_losses(len(run.failures), len(run.not_ok) - len(run.failures), len(run))


def _row(outcome: Outcome, also: tuple[str, ...]) -> tuple[str, str, str, str]:
    url, time = to_text(redact(outcome.url, also)), seconds(outcome.elapsed)
    if isinstance(outcome, Response):
        return str(outcome.status_code), str(outcome.size), time, url
    return str(outcome.kind), size(None), time, f"{url}  {to_text(outcome.message)}"


def _export(result: Result, paths: Sequence[Path]) -> int:
    """Save a result; return 1 if a file could not be written, once the others are."""
    code = 0
    for path in paths:
        try:
            save(result, path)
        except OSError as error:
            note(f"concurrent-fetch: cannot write {path}: {error.strerror}")
            code = 1
        else:
            note(f"saved: {path}")
    return code


def _show_losses(failed: int, refused: int, total: int) -> int:
    """Say how many URLs failed, and how many got a status of 400 or above; return the exit code."""
    if failed:
        note(f"failed: {failed:,} of {many(total, 'URL')}")
    if refused:
        note(f"status 400 or above: {refused:,} of {many(total, 'URL')}")
    return 1 if failed else 0
