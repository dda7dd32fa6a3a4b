"""The command line: arguments in, results on stdout, remarks on stderr, an exit code out."""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.cli._exports import check_holds, check_holds_comparison, export
from concurrent_fetch.cli._fetch import fetch
from concurrent_fetch.cli._input import urls_of
from concurrent_fetch.cli._output import OutputError, flush, is_watched, note, room, show
from concurrent_fetch.cli._parser import parse
from concurrent_fetch.cli._results import INTERRUPTED, show_comparison, show_run
from concurrent_fetch.cli._settings import options_of, strategies_of
from concurrent_fetch.cli._types import cannot
from concurrent_fetch.cli._usage import usage
from concurrent_fetch.cli._warnings import warnings_as_notes
from concurrent_fetch.errors import ConcurrentFetchError, FormatError
from concurrent_fetch.export import LOADED, Result, load, suffix_of
from concurrent_fetch.model import Run
from concurrent_fetch.render import many, seconds, to_text
from concurrent_fetch.results import Comparison
from concurrent_fetch.runner import Runner, is_loopback
from concurrent_fetch.server import LocalServer, serve
from concurrent_fetch.strategies import fetch_async, fetch_sync, fetch_threaded

_DEMO_URLS = 20
_DEMO_LATENCY: Seconds = 0.02


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (`sys.argv` without the program) and return its exit code."""
    try:
        status = _status(argv)
        flush()
    except KeyboardInterrupt:
        note("concurrent-fetch: interrupted")
        return INTERRUPTED
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
    with usage(arguments.parser):
        check_holds_comparison(arguments.demo_exports)
    note(
        "Comparing fetch_sync, fetch_threaded and fetch_async on "
        f"{many(_DEMO_URLS, 'URL')} of a local server, {seconds(_DEMO_LATENCY)} each: about 7 s."
    )
    with LocalServer(latency=_DEMO_LATENCY) as server:
        runner = Runner(server.urls(_DEMO_URLS), rounds=10, progress=is_watched())
        comparison = runner.compare(fetch_sync, fetch_threaded, fetch_async)
    return max(export(comparison, arguments.demo_exports), show_comparison(comparison))


def _compare(arguments: argparse.Namespace) -> int:
    with usage(arguments.parser):
        check_holds_comparison(arguments.exports)
        strategies, options = strategies_of(arguments), options_of(arguments)
        kept = next((path for path in arguments.exports if suffix_of(path) == LOADED), None)
        runner = Runner(
            urls_of(arguments.urls, arguments.files),
            options,
            seconds=arguments.seconds,
            seed=arguments.seed,
            max_requests=arguments.max_requests,
            try_more=arguments.try_more,
            progress=is_watched(),
            autosave=kept,
        )
        if arguments.rounds is not None:
            runner = attrs.evolve(runner, rounds=arguments.rounds)
        plan = runner.plan(**strategies)
        if not plan.is_local:
            note(to_text(str(plan)))
        plan.check(arguments.max_requests)
    with _pointing_to(kept):
        comparison = runner.compare(**strategies)
    return max(export(comparison, arguments.exports), show_comparison(comparison))


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


def _show(arguments: argparse.Namespace) -> int:
    result = _loaded(arguments.path, arguments.parser)
    with usage(arguments.parser):
        check_holds(result, arguments.exports)
    code = export(result, arguments.exports)
    if isinstance(result, Comparison):
        show_comparison(result)
    elif isinstance(result, Run):
        show_run(result, is_whole=arguments.all)
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
        with warnings_as_notes():
            return load(path)
    except OSError as error:
        parser.error(cannot("read", path, error))
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
    "fetch": fetch,
    "show": _show,
    "diff": _diff,
    "serve": _serve,
}
