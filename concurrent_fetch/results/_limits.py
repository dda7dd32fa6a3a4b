"""What keeps a strategy from being faster, in a sentence or two with the figures that say so."""

import math
from collections.abc import Callable, Mapping

from concurrent_fetch.analysis import BLOCKED, GROWN, Limit, Why
from concurrent_fetch.render import percent, rate, ratio, seconds

_NOTEWORTHY = 0.1


def limits(why: Why) -> str:
    """Return what limits a strategy, and what else its figures tell; empty without figures."""
    if not why.in_flight > 0:
        return ""
    said = [f"{why.strategy} {_WORDS[why.limit](why)}."]
    if why.slots > 1 and why.is_measure and why.efficiency <= 1:
        possible = f"{percent(why.efficiency)} of the speed that the reference's latencies allow"
        said.append(f"With up to {why.slots} in flight it reached {possible}.")
    loop = why.probe and why.probe.loop
    if loop and loop.median > BLOCKED:
        said.append(f"Its event loop is blocked: timers came {seconds(loop.median)} late.")
    if why.queue > _NOTEWORTHY * why.time_per_fetch:
        spent = f"{seconds(why.queue)} connecting, or waiting in the client"
        said.append(f"A fetch that was sent had spent {spent}.")
    return " ".join(said)


def _by_nothing_known(why: Why) -> str:
    told = f"{why.in_flight:.1f} in flight of up to {why.slots}, computing {percent(why.cpu)}"
    said = f"is limited by what these figures do not tell: {told} of the time"
    if why.slots > 1 and math.isnan(why.service_grew):
        return f"{said}; fetch_sync beside it would show whether the server is crowded"
    return said


def _by_work(why: Why) -> str:
    return (
        f"is limited by the work on its responses: {percent(why.work)} of its time, "
        f"computing {percent(why.cpu)}"
    )


def _by_concurrency(why: Why) -> str:
    computing = f"computing {percent(why.cpu)} of the time; more in flight would help"
    if why.slots == 1:
        return f"waits for one fetch at a time, {computing}"
    return (
        f"is limited by its concurrency: {why.in_flight:.1f} of {why.slots} in flight, {computing}"
    )


def _by_cpu(why: Why) -> str:
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of the time, {seconds(why.cpu_per_fetch)} "
        f"per fetch, of which one core can do {rate(1 / why.cpu_per_fetch)} a second"
    )


def _by_gil(why: Why) -> str:
    late = why.probe.thread.p95 if why.probe and why.probe.thread else None
    return (
        f"is limited by the GIL: it computes {percent(why.cpu)} of the time, and 1 time in 20 a "
        f"thread that was to run waited more than {seconds(late)} for the others"
    )


def _by_network(why: Why) -> str:
    if why.service_grew >= GROWN:
        seen = f"each fetch took {ratio(why.service_grew)} as long as with one in flight"
    elif why.slots == why.urls:
        all_of_them = "its one URL was" if why.urls == 1 else f"all {why.urls:,} URLs were"
        seen = f"{all_of_them} in flight at once"
    else:
        seen = f"only {why.in_flight:.1f} of {why.slots} were in flight"
    return (
        f"is limited by the network or the server: {seen}, computing {percent(why.cpu)} of the time"
    )


_WORDS: Mapping[Limit | None, Callable[[Why], str]] = {
    None: _by_nothing_known,
    Limit.WORK: _by_work,
    Limit.CONCURRENCY: _by_concurrency,
    Limit.CPU: _by_cpu,
    Limit.GIL: _by_gil,
    Limit.NETWORK: _by_network,
}
