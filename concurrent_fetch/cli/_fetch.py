"""The command `fetch`: what came of it, however it ended."""

import argparse
from pathlib import Path

from concurrent_fetch.cli._exports import check_holds_run, export
from concurrent_fetch.cli._fetching import Fetched, Fetching
from concurrent_fetch.cli._input import urls_of
from concurrent_fetch.cli._output import note
from concurrent_fetch.cli._results import INTERRUPTED, Arrivals, has_few, show_run
from concurrent_fetch.cli._settings import journal_of, options_of, request_of, strategies_of
from concurrent_fetch.cli._types import cannot
from concurrent_fetch.cli._usage import usage
from concurrent_fetch.model import Response, Run
from concurrent_fetch.render import many


def fetch(arguments: argparse.Namespace) -> int:
    """Fetch, and show it; return the exit code."""
    with usage(arguments.parser):
        strategies, options = strategies_of(arguments), options_of(arguments)
        if len(strategies) > 1:
            raise argparse.ArgumentTypeError("fetch takes one --strategy; compare takes several")
        check_holds_run(arguments.exports, journal_of(arguments))
        request, urls = request_of(arguments), urls_of(arguments.urls, arguments.files)
        ((name, strategy),) = strategies.items()
        fetching = Fetching(name, strategy, urls, options, request=request, folder=arguments.output)
    arrivals = Arrivals(options.secret_params, with_places=has_few(len(urls)))
    fetched = fetching.run(arrivals.tell)
    run = fetched.run
    code = export(run, arguments.exports)
    if len(run):
        code = max(code, show_run(run, is_told=arrivals.are_shown, fail=arguments.fail))
    _say_what_is_kept(run, len(urls), arguments)
    return _end(fetched, len(urls), code, arguments)


def _say_what_is_kept(run: Run, asked: int, arguments: argparse.Namespace) -> None:
    journal = journal_of(arguments)
    if run.skipped:
        note(
            f"skipped: {run.skipped:,} of {many(asked, 'URL')}, done by an earlier run ({journal})"
        )
    placed = sum(isinstance(outcome, Response) and outcome.sink is not None for outcome in run)
    if placed:
        what = "1 body" if placed == 1 else f"{placed:,} bodies"
        note(f"saved: {what} in {arguments.output}, listed in {journal}")


def _end(fetched: Fetched, asked: int, code: int, arguments: argparse.Namespace) -> int:
    """Say why it ended, if that was before all was done; return the exit code."""
    run, ended_by = fetched.run, fetched.ended_by
    answered = f"after {len(run) + run.skipped:,} of {many(asked, 'URL')}"
    goes_on = "" if journal_of(arguments) is None else "; the same line again goes on from there"
    if isinstance(ended_by, OSError):
        what = _not_written(ended_by, journal_of(arguments), arguments.output)
        note(f"concurrent-fetch: {what}; ended {answered}{goes_on}")
        return 1
    if ended_by is not None:
        note(f"concurrent-fetch: interrupted {answered}{goes_on}")
        return INTERRUPTED
    return code


def _not_written(error: OSError, journal: Path | None, folder: Path | None) -> str:
    if journal is None:
        return str(error.strerror or error)
    # Beside the journal there are only bodies, the names of whose files say nothing.
    is_line = folder is None or error.filename == str(journal)
    return cannot("write", journal if is_line else folder, error)
