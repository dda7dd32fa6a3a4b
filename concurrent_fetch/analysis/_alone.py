"""Alone: how long fetches take with one in flight, where no strategy of a comparison has one."""

import statistics
from collections.abc import Sequence
from typing import Self

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._times import services_of


@attrs.frozen(kw_only=True)
class Alone:
    """A few URLs that were fetched one at a time, after the rounds: the server had nothing else."""

    strategy: str
    """Whose code fetched them, at `concurrency=1`."""
    places: tuple[int, ...]
    """Which URLs of the comparison, from 0."""
    services: tuple[Seconds, ...]
    """Of each the time from the request sent to the last body byte; from the start where the client
    does not tell when it sent."""

    @classmethod
    def of(cls, record: Record, places: Sequence[int]) -> Self:
        """Return what a run of those URLs says."""
        services = tuple(services_of(record))
        return cls(strategy=record.strategy, places=tuple(places), services=services)

    @property
    def service(self) -> Seconds:
        """Their mean."""
        return statistics.fmean(self.services)
