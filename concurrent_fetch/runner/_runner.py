"""Runner: times strategies on the same URL set, in rounds of random order. It never prints."""

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from concurrent_fetch._progress import OnProgress, Progress, tallying
from concurrent_fetch._units import Seconds
from concurrent_fetch.export import Result, autosaver
from concurrent_fetch.fetch import AsyncClient, Client
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options, Run, Work, check_options, options_home
from concurrent_fetch.results import Comparison, Ladder, Sweep
from concurrent_fetch.runner import _settings as settings
from concurrent_fetch.runner._border import Border
from concurrent_fetch.runner._bridge import Bridge, Clock, Clocks
from concurrent_fetch.runner._experiment import Experiment
from concurrent_fetch.runner._leftovers import Leftovers
from concurrent_fetch.runner._meter import Meter
from concurrent_fetch.runner._named_strategies import by_name, check_callable, levels_of, rungs_of
from concurrent_fetch.runner._plan import Plan
from concurrent_fetch.runner._planned import plan_of
from concurrent_fetch.runner._ready import Ready
from concurrent_fetch.runner._trials import Trials
from concurrent_fetch.runner._trying import NOTHING, Trying
from concurrent_fetch.runner._trying import trying as trying_in
from concurrent_fetch.runner._warming import warming_of
from concurrent_fetch.runner._witness import Witness
from concurrent_fetch.strategies import AnyStrategy, name_of
from concurrent_fetch.words import Home, described, hint, hinted, told

Whole = TypeVar("Whole", bound=Result)
_MISUSE = Border(TypeError, ValueError, ImportError)
"""Around what looks at arguments, and runs nothing of the user's."""


def _options(_: object, __: object, value: Any) -> None:
    check_options(value)
    settings.check_repeatable(value)


def _homes(call: str = "") -> tuple[Home, ...]:
    """Return where keywords belong that `call`, a method, does not have."""
    return (
        Home(f"Runner(urls, {{}}){call}", _names, settings.OTHER_WORDS),
        options_home(f"Runner(urls, Options({{}})){call}"),
    )


def _names() -> list[str]:
    return [field.name for field in attrs.fields(Runner)]


def _check_named(strategies: Mapping[str, object], method: str) -> None:
    """Refuse settings where keywords are names of strategies, and say where they belong."""
    homes = _homes(f".{method}(...)")
    misplaced = {
        word: value
        for word, value in strategies.items()
        if not callable(value) and any(home.keyword(word, "") for home in homes)
    }
    if misplaced:
        raise TypeError(hint(f"Runner.{method}", "argument", (), misplaced, homes))


@described
@hinted(*_homes())
@attrs.frozen
class Runner:
    """Times any strategy on one URL set.

    Works in a script, in a notebook and below a running event loop; in async code write
    `await asyncio.to_thread(runner.compare, ...)`.

    Raises:
        TypeError, ValueError: no URL, a URL that is no `str`, or a setting out of its range.
    """

    urls: tuple[str, ...] = attrs.field(
        converter=settings.as_urls,
        repr=lambda urls: f"<{len(urls)} URLs, {told(redact(urls[0]))!r} first>",
    )
    """What every strategy is to fetch: at least one URL."""
    options: Options = attrs.field(factory=Options, validator=_options)
    """For all strategies."""
    rounds: tuple[int, ...] = attrs.field(
        default=settings.USUAL, converter=settings.as_looks, kw_only=True
    )
    """How many; or after how many to look whether every verdict is clear, as in (10, 20, 40). Ten
    unless said; more where six or more strategies need them for a verdict."""
    seconds: Seconds | None = attrs.field(
        default=None, validator=settings.check_budget, kw_only=True
    )
    """A budget for the timed rounds; the round that runs over it is the last. What `try_more` does
    must fit into what they left of it."""
    seed: int | None = attrs.field(default=None, validator=settings.check_seed, kw_only=True)
    """Of the order of the rounds; None draws one, kept in `Comparison.seed`."""
    work: Work | None = attrs.field(default=None, kw_only=True)
    """Called on every response within the timed runs: short for `Options(work=...)`."""
    max_requests: int | None = attrs.field(
        default=None, validator=settings.check_allowance, kw_only=True
    )
    """What would send more is refused before anything is sent; `plan` says how many it will be."""
    progress: bool | OnProgress = attrs.field(
        default=False, validator=settings.check_progress, kw_only=True
    )
    """Of comparisons, told between the runs and on no clock of theirs. True shows a bar on stderr;
    a function gets a `Progress`, at most 20 a second and one at the end."""
    autosave: str | os.PathLike[str] | None = attrs.field(
        default=None, validator=settings.check_autosave, kw_only=True
    )
    """A `.json` file that is written after every round of a comparison, a sweep or a ladder, and
    at the end, so that an interrupted one is not lost: `load` reads it. On no clock."""
    witness: bool = attrs.field(default=True, validator=settings.check_witness, kw_only=True)
    """Whether to look from outside what every run of a comparison fetches: a `LocalServer` of this
    process counts requests, Linux the bytes that come in. Not needed where others fetch."""
    try_more: bool | None = attrs.field(
        default=None, validator=settings.check_try_more, kw_only=True
    )
    """Whether to try after the rounds of a comparison what more in flight would bring: five pairs
    of runs, as it was and with twice the concurrency, of each strategy that waits for that. None:
    where all hosts are loopback, and there are enough rounds for a verdict."""
    clock: Clock = attrs.field(default=time.perf_counter, kw_only=True, repr=False)
    """Under one that is turned by hand, outcomes are not held against the time of their run. For
    that is taken one that is off by more than 0.1 % and 5 ms, or stands still through a run."""
    cpu_clock: Clock = attrs.field(default=time.process_time, kw_only=True, repr=False)
    """Of the CPU time of the process."""

    def __attrs_post_init__(self) -> None:
        if self.work is not None:
            if self.options.work not in (None, self.work):
                raise ValueError("work is given twice: to Runner and to Options; leave one out")
            object.__setattr__(self, "options", attrs.evolve(self.options, work=self.work))

    @hinted(*_homes(".run(strategy)"))
    def run(self, strategy: AnyStrategy) -> Run:
        """Run one strategy once over all URLs.

        Raises:
            TypeError: it is no strategy.
            ValueError: there are more URLs than `max_requests`.
            StrategyError: it raised, did not answer once for every URL, or gave an outcome that
                breaks a rule of its fields.
        """
        __tracebackhide__ = True
        with _MISUSE:
            check_callable(strategy)
            name = name_of(strategy)
            once = plan_of({name: strategy}, self.urls, self.options, rounds=1, untimed=0)
            once.check(self.max_requests)
        ready = Ready({name: strategy}, self.urls, self.options)
        with Border(), Bridge(self._clocks()) as bridge, ready:
            return Meter(self.urls, bridge, ready).measure(name, strategy, self.options).run()

    def plan(self, /, *strategies: AnyStrategy, **named: AnyStrategy) -> Plan:
        """Return how many requests `compare` would send to whom; sends none.

        Raises:
            TypeError, ValueError: as `compare` does, but for `max_requests`.
        """
        __tracebackhide__ = True
        with _MISUSE:
            _check_named(named, "plan")
            experimentants = by_name(strategies, named)
            return self._plan(experimentants, self._trying(experimentants))

    def compare(self, /, *strategies: AnyStrategy, **named: AnyStrategy) -> Comparison:
        """Run all strategies in rounds of random order; the first one is the reference.

        Each runs once untimed before, as a warm-up and to check that all do the same work, and
        once untimed afterwards, with probes that tell what holds it up; then comes what `try_more`
        says. What a strategy can prepare by its `ready`, as worker processes, is there before. One
        that gives outcomes whose times lie outside its run, as a cache does, is not comparable.

        Raises:
            TypeError: something is no strategy.
            ValueError: two have the same name, there is none, or it would take more requests than
                `max_requests`.
            StrategyError: one raised, did not answer once for every URL, or gave an outcome that
                breaks a rule of its fields.
        """
        __tracebackhide__ = True
        with _MISUSE:
            _check_named(named, "compare")
            experimentants = by_name(strategies, named)
            trying = self._trying(experimentants)
            plan = self._checked_plan(experimentants, trying)
        with Border():
            return self._compete(plan, experimentants, lambda comparison: comparison, trying)

    @hinted(*_homes(".sweep(strategy)"))
    def sweep(
        self, strategy: AnyStrategy, concurrency: Sequence[int] = (1, 2, 4, 8, 16, 32, 64)
    ) -> Sweep:
        """Run one strategy at several concurrencies; learn how many fetches in flight are enough.

        The levels are compared as by `compare`, in one experiment; the first is the reference.
        Give at least as many URLs as the largest level, better twice.

        Raises:
            TypeError, ValueError: the levels are not ascending ints of at least 1, two or more.
                Otherwise as `compare` does.
        """
        __tracebackhide__ = True
        with _MISUSE:
            check_callable(strategy)
            levels = levels_of(strategy, concurrency)
            plan = self._checked_plan(levels)
        with Border():
            return self._compete(
                plan,
                levels,
                lambda comparison: Sweep(
                    strategy=name_of(strategy),
                    levels=tuple(map(int, levels)),
                    comparison=comparison,
                ),
            )

    @hinted(*_homes(".ladder()"))
    def ladder(
        self, client: str | Client = "requests", async_client: str | AsyncClient = "aiohttp"
    ) -> Ladder:
        """Take the usual comparison apart: bare `requests.get` in a loop against an event loop.

        Between the two everything changes at once: connections, concurrency, client. Here one
        thing changes per rung, all rungs are compared in one experiment, and between threads and
        the event loop the client stays the same: `httptools`, or `plain` where that is not
        installed, unless one of those given serves both.

        Raises:
            UnknownNameError: there is no such client for threads, or for the event loop.
            TypeError, ValueError, StrategyError: as `compare` does.
        """
        __tracebackhide__ = True
        with _MISUSE:
            rungs = rungs_of(client, async_client)
            experimentants = {rung.name: rung.strategy for rung in rungs}
            plan = self._checked_plan(experimentants)
        changes = tuple(rung.change for rung in rungs[1:])
        with Border():
            return self._compete(
                plan,
                experimentants,
                lambda comparison: Ladder(changes=changes, comparison=comparison),
            )

    def _compete(
        self,
        plan: Plan,
        experimentants: Mapping[str, AnyStrategy],
        whole: Callable[[Comparison], Whole],
        trying: Trying = NOTHING,
    ) -> Whole:
        tally = tallying(self.progress, _begun(plan), self.clock)
        ready = Ready(experimentants, self.urls, self.options)
        witness = Witness(self.urls) if self.witness else None
        options = attrs.evolve(self.options, progress=False)
        seed = random.SystemRandom().randrange(10**6) if self.seed is None else self.seed
        leftovers = Leftovers()
        with Bridge(self._clocks(leftovers.beside)) as bridge, ready, tally as counts:
            experiment = Experiment(
                urls=self.urls,
                options=options,
                strategies=experimentants,
                looks=self._looks(experimentants),
                seconds=self.seconds,
                seed=seed,
                clock=self.clock,
                meter=Meter(self.urls, bridge, ready, witness),
                ready=ready,
                warming=warming_of(experimentants),
                tally=counts,
                leftovers=leftovers,
                witness=witness,
                keep=self._keeper(whole),
                trials=Trials(
                    trying=trying,
                    strategies=experimentants,
                    urls=self.urls,
                    options=options,
                    bridge=bridge,
                    ready=ready,
                    seed=seed,
                    is_forced=bool(self.try_more),
                )
                if trying
                else None,
            )
            return whole(experiment.hold())

    def _keeper(self, whole: Callable[[Comparison], Result]) -> Callable[[Comparison], None] | None:
        if self.autosave is None:
            return None
        keep = autosaver(self.autosave)
        return lambda comparison: keep(whole(comparison))

    def _trying(self, strategies: Mapping[str, AnyStrategy]) -> Trying:
        looks = self._looks(strategies)
        return trying_in(strategies, self.urls, self.options, looks, self.try_more)

    def _plan(self, strategies: Mapping[str, AnyStrategy], trying: Trying) -> Plan:
        rounds = self._looks(strategies)[-1]
        return plan_of(strategies, self.urls, self.options, rounds=rounds, trying=trying)

    def _checked_plan(
        self, strategies: Mapping[str, AnyStrategy], trying: Trying = NOTHING
    ) -> Plan:
        plan = self._plan(strategies, trying)
        plan.check(self.max_requests)
        return plan

    def _looks(self, strategies: Mapping[str, AnyStrategy]) -> tuple[int, ...]:
        return settings.looks_for(self.rounds, len(strategies))

    def _clocks(self, beside: Clock = float) -> Clocks:
        is_of_process = self.cpu_clock is time.process_time
        return Clocks(self.clock, self.cpu_clock, beside if is_of_process else float)


def _begun(plan: Plan) -> Progress:
    return Progress(
        done=0,
        total=plan.runs + bool(plan.alone),
        stage="check",
        strategy=plan.strategies[0],
        rounds=plan.rounds,
        fetches=0,
        failures=0,
        elapsed=0.0,
    )
