"""What the arguments come to: settings of the library."""

import argparse
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

from concurrent_fetch.cli import _types as values
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.model import Options, Request
from concurrent_fetch.runner import elsewhere, find_interpreter, told_apart
from concurrent_fetch.sinks import Folder
from concurrent_fetch.strategies import Strategy

INDEX = "index.jsonl"
_P = ParamSpec("_P")
_T = TypeVar("_T")
_FORM: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options; raises TypeError or ValueError as they do. Bodies are not kept."""
    return Options(
        concurrency=arguments.concurrency,
        timeout=arguments.timeout,
        headers=_headers_of(arguments),
        per_host=arguments.per_host,
        rate=arguments.rate,
        delay=arguments.delay,
        retry=arguments.retry,
        deadline=arguments.deadline,
        max_bytes=arguments.max_bytes,
        journal=journal_of(arguments),
        sink=None if arguments.output is None else Folder(arguments.output),
        keep_bodies=False,
    )


def journal_of(arguments: argparse.Namespace) -> Path | None:
    """Return the file that says what is done: with --output its index, unless it is named."""
    journal: Path | None = arguments.journal
    folder: Path | None = arguments.output
    return folder / INDEX if folder is not None and journal is None else journal


def _headers_of(arguments: argparse.Namespace) -> dict[str, str]:
    headers: Sequence[tuple[str, str]] = arguments.headers
    names = [name.lower() for name, _ in headers]
    if twice := [name for name, _ in headers if names.count(name.lower()) > 1]:
        raise argparse.ArgumentTypeError(
            f"--header {twice[0]!r} is given twice: leave one of them out"
        )
    return dict(headers)


def request_of(arguments: argparse.Namespace) -> Callable[[str], Request] | None:
    """Return what makes the request of a URL; None where it is a plain GET.

    Raises:
        ValueError: as a `Request` does.
    """
    method, parts = arguments.request, arguments.data
    if method is None and parts is None:
        return None
    body = None if parts is None else b"&".join(parts)
    says_type = any(name.lower() == "content-type" for name, _ in arguments.headers)
    headers = {} if body is None or says_type else _FORM
    make = functools.partial(Request, method=method, headers=headers, body=body)
    make("")  # to refuse what cannot be before anything is sent
    return make


def strategies_of(arguments: argparse.Namespace) -> dict[str, Strategy]:
    """Return the strategies by name, by their full one where two would have the same.

    Raises:
        ValueError: one comes twice.
        ArgumentTypeError: an interpreter is not there, or cannot run one of them.
    """
    given: Sequence[values.NamedStrategy] = arguments.strategies or [
        values.strategy(name) for name in arguments.usual_strategies
    ]
    full_names = [one.full_name for one in given]
    twice = [name for name in full_names if full_names.count(name) > 1]
    if twice:
        raise ValueError(f"--strategy {twice[0]} is given twice: leave one of them out")
    names = [one.name for one in given]
    here = {
        one.name if names.count(one.name) == 1 else one.full_name: one.strategy for one in given
    }
    return here | _also_on(getattr(arguments, "also_on", []), here)  # of the command that compares


def _also_on(pythons: Sequence[str], here: Mapping[str, Strategy]) -> dict[str, Strategy]:
    """Return the strategies on other interpreters, called by what tells these apart."""
    found = [_or_refused(find_interpreter, python) for python in pythons]
    if twice := [
        python for python, one in zip(pythons, found, strict=True) if found.count(one) > 1
    ]:
        raise ValueError(f"--also-on {twice[0]} is given twice: leave one of them out")
    return {
        f"{name} @ {tag}": _or_refused(elsewhere, strategy, one.path)
        for one, tag in zip(found, told_apart(found), strict=True)
        for name, strategy in here.items()
    }


def _or_refused(make: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
    try:
        return make(*given, **named)
    except (UnknownNameError, ImportError, TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"argument --also-on: {error}") from error
