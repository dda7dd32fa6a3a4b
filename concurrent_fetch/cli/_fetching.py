"""Fetching that is watched: outcomes are told as they arrive, and kept if it ends early."""

import asyncio
from argparse import ArgumentTypeError
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from pathlib import Path

import attrs

from concurrent_fetch.cli._output import is_watched
from concurrent_fetch.cli._types import cannot
from concurrent_fetch.cli._warnings import warnings_as_notes
from concurrent_fetch.errors import FormatError
from concurrent_fetch.feed import Feed
from concurrent_fetch.model import Options, Outcome, Request, Run, Stopwatch
from concurrent_fetch.runner import Runner
from concurrent_fetch.strategies import Strategy, Stream

Tell = Callable[[Outcome], object]
Outcomes = Generator[Outcome, None, None] | AsyncGenerator[Outcome, None]


@attrs.frozen
class Fetched:
    """What a fetch came to."""

    run: Run
    ended_by: KeyboardInterrupt | OSError | None = None
    """What ended it before all URLs had been answered."""


class Fetching:
    """A fetch that is about to begin. A journal is open then.

    `request` makes what is sent for a URL; None: a plain GET.

    Raises:
        ArgumentTypeError: a strategy of the user's own is to do what only the built-in ones do; a
            folder or a journal cannot be written, or is damaged.
        TypeError, ValueError: as the library refuses URLs and options.
    """

    def __init__(
        self,
        name: str,
        strategy: Strategy,
        urls: list[str],
        options: Options,
        *,
        request: Callable[[str], Request] | None,
        folder: Path | None,
    ) -> None:
        self._name, self._strategy, self._options = name, strategy, options
        self._stream = Stream.of(strategy)
        if self._stream is None:
            _check_takes_urls_only(options, request)
            self._runner = Runner(urls, options)
        else:
            asked = urls if request is None else [request(url) for url in urls]
            self._feed, self._outcomes = _opened(self._stream, name, asked, options, folder)

    def run(self, tell: Tell) -> Fetched:
        """Fetch, telling each outcome when it is there; of the user's own strategy none is told.

        Ctrl-C before the first outcome passes through.
        """
        if self._stream is None:
            run = self._runner.run(self._strategy)
            return Fetched(attrs.evolve(run, strategy=self._name))
        outcomes: list[Outcome] = []
        watch = Stopwatch(self._name, self._options)
        ended_by: KeyboardInterrupt | OSError | None = None

        def take(outcome: Outcome) -> None:
            outcomes.append(outcome)
            tell(outcome)

        try:
            with warnings_as_notes():
                _take_all(self._outcomes, self._stream.loop, take)
        except KeyboardInterrupt as interrupt:
            if not outcomes:
                raise
            ended_by = interrupt
        except OSError as error:  # of a journal or a folder: what a fetch raises is its outcome
            ended_by = error
        return Fetched(watch.run(outcomes, self._feed), ended_by)


def _check_takes_urls_only(options: Options, request: Callable[[str], Request] | None) -> None:
    for given, flags in (
        (request, "--request and --data go"),
        (options.sink, "--output goes"),
        (options.journal, "--journal goes"),
    ):
        if given is not None:
            raise ArgumentTypeError(
                f"{flags} with sync, threaded, async and processes: a strategy of your own is "
                "given URLs only"
            )


def _opened(
    stream: Stream,
    name: str,
    asked: list[str] | list[Request],
    options: Options,
    folder: Path | None,
) -> tuple[Feed, Outcomes]:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentTypeError(cannot("make the folder", folder, error)) from error
    try:
        with warnings_as_notes():
            return stream.begin(name, asked, attrs.evolve(options, progress=is_watched()))
    except FormatError as error:
        raise ArgumentTypeError(f"{error}; name another file with --journal") from error
    except OSError as error:
        raise ArgumentTypeError(cannot("write", options.journal, error)) from error


def _take_all(
    outcomes: Outcomes, loop: Callable[[], asyncio.AbstractEventLoop] | None, take: Tell
) -> None:
    if isinstance(outcomes, AsyncGenerator):
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(_take_all_on_loop(outcomes, take))
        return
    with closing(outcomes):
        for outcome in outcomes:
            take(outcome)


async def _take_all_on_loop(outcomes: AsyncGenerator[Outcome, None], take: Tell) -> None:
    async with aclosing(outcomes):
        async for outcome in outcomes:
            take(outcome)
