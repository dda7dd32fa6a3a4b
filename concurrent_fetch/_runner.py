"""Runner: times strategies on the same URL set, in rounds of random order. It never prints."""

import random
import time
from collections.abc import Callable, Iterable, Sequence

import attrs

from concurrent_fetch._bridge import Bridge, Clock, Clocks
from concurrent_fetch._comparison import Comparison
from concurrent_fetch._contest import Contest
from concurrent_fetch._feed import check_urls
from concurrent_fetch._meter import Meter
from concurrent_fetch._options import Options
from concurrent_fetch._progress import Progress, reporter
from concurrent_fetch._run import Run
from concurrent_fetch._strategy import Strategy, name_of
from concurrent_fetch._units import Seconds
from concurrent_fetch._url import redact


def _as_urls(urls: Iterable[str]) -> tuple[str, ...]:
    check_urls(urls)
    kept = tuple(urls)
    if not kept:
        raise ValueError("urls is empty; a Runner needs at least one URL")
    for index, url in enumerate(kept):
        if not isinstance(url, str):
            raise TypeError(f"urls[{index}] must be a str, got {url!r}; write str(url)")
    return kept


def _as_looks(value: int | Sequence[int]) -> tuple[int, ...]:
    looks = (value,) if isinstance(value, int) else tuple(value)
    if not looks or not all(type(look) is int and look >= 1 for look in looks):
        raise ValueError(
            f"rounds must be an int of at least 1, or an ascending sequence of them, got {value!r}"
        )
    if list(looks) != sorted(set(looks)):
        raise ValueError(f"rounds must ascend without repeats, got {value!r}")
    return looks


def _budget(_: "Runner", __: object, value: Seconds | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"seconds must be greater than 0 or None, got {value!r}")


@attrs.frozen
class Runner:
    """Times any strategy on one URL set.

    Works in a script, in a notebook and below a running event loop; in async code write
    `await asyncio.to_thread(runner.compare, ...)`.

    Raises:
        TypeError, ValueError: no URL, a URL that is no `str`, or a setting out of its range.
    """

    urls: tuple[str, ...] = attrs.field(
        converter=_as_urls, repr=lambda urls: f"<{len(urls)} URLs, {redact(urls[0])!r} first>"
    )
    options: Options = attrs.field(
        factory=Options, validator=attrs.validators.instance_of(Options)
    )
    rounds: tuple[int, ...] = attrs.field(default=10, converter=_as_looks, kw_only=True)
    """How many; or after how many to look whether every verdict is clear, as in (10, 20, 40)."""
    seconds: Seconds | None = attrs.field(default=None, validator=_budget, kw_only=True)
    """A budget for the timed rounds; the round that runs over it is the last."""
    seed: int | None = attrs.field(default=None, kw_only=True)
    """Of the order of the rounds; None draws one, kept in `Comparison.seed`."""
    progress: bool | Callable[[Progress], None] = attrs.field(default=False, kw_only=True)
    """True shows a bar on stderr; a callable gets a `Progress` after every run."""
    clock: Clock = attrs.field(default=time.perf_counter, kw_only=True, repr=False)
    cpu_clock: Clock = attrs.field(default=time.process_time, kw_only=True, repr=False)

    def run(self, strategy: Strategy) -> Run:
        """Run one strategy once over all URLs.

        Raises:
            StrategyError: it raised, or did not answer once for every URL.
        """
        (name,) = _named((strategy,), {})
        with Bridge(self._clocks) as bridge:
            return Meter(self.urls, bridge).measure(name, strategy, self.options)

    def compare(self, *strategies: Strategy, **named: Strategy) -> Comparison:
        """Run all strategies in rounds of random order; the first one is the reference.

        Each runs once untimed before, as a warm-up and to check that all do the same work.

        Raises:
            TypeError: something is no strategy.
            ValueError: two have the same name, or there is none.
            StrategyError: one raised, or did not answer once for every URL.
        """
        with Bridge(self._clocks) as bridge, reporter(self.progress) as report:
            contest = Contest(
                urls=self.urls,
                options=self.options,
                strategies=_named(strategies, named),
                looks=self.rounds,
                seconds=self.seconds,
                seed=random.SystemRandom().randrange(10**6) if self.seed is None else self.seed,
                clock=self.clock,
                meter=Meter(self.urls, bridge),
                report=report,
            )
            return contest.hold()

    @property
    def _clocks(self) -> Clocks:
        return Clocks(self.clock, self.cpu_clock)


def _named(positional: Sequence[object], keyword: dict[str, Strategy]) -> dict[str, Strategy]:
    """Return the strategies by name; a positional one is called like its function."""
    strategies: dict[str, Strategy] = {}
    for name, strategy in [*((name_of(s), s) for s in positional), *keyword.items()]:
        if not callable(strategy):
            raise TypeError(
                f"a strategy must be callable, got {strategy!r}; pass fetch_sync, not fetch_sync()"
            )
        if name in strategies or name == "<lambda>":
            problem = "a lambda has no name" if name == "<lambda>" else f"two are called {name!r}"
            raise ValueError(f"{problem}: name it by keyword, as in compare(mine={name})")
        strategies[name] = strategy
    if not strategies:
        raise ValueError("compare needs at least one strategy")
    return strategies
