"""Meter: runs one strategy over the URL set, with the clocks around just that."""

import gc
from collections.abc import Sequence
from datetime import UTC, datetime

from concurrent_fetch._bridge import Bridge
from concurrent_fetch._matching import in_url_order
from concurrent_fetch._options import Options
from concurrent_fetch._run import Run
from concurrent_fetch._strategy import Strategy, effective_options
from concurrent_fetch.errors import StrategyError


class Meter:
    """Measures strategies on one URL set."""

    def __init__(self, urls: Sequence[str], bridge: Bridge) -> None:
        self._urls = urls
        self._bridge = bridge

    def measure(self, name: str, strategy: Strategy, options: Options) -> Run:
        """Run a strategy once; what it says of its own time is ignored.

        Raises:
            StrategyError: it raised, or did not answer once for every URL.
        """
        gc.collect()  # its own garbage is a strategy's cost, that of the one before is not
        started_at = datetime.now(UTC)
        try:
            driven = self._bridge.drive(strategy, list(self._urls), options)
        except Exception as error:
            what = ": ".join(filter(None, (type(error).__name__, str(error))))
            raise StrategyError(f"strategy {name!r} raised {what}") from error
        try:
            outcomes = in_url_order(driven.returned, self._urls)
        except ValueError as error:
            raise StrategyError(f"strategy {name!r} {error}") from None
        return Run(
            outcomes=tuple(outcomes),
            strategy=name,
            options=effective_options(strategy, options),
            started_at=started_at,
            elapsed=driven.elapsed,
            cpu=driven.cpu,
        )
