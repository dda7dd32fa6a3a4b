"""What keeps a strategy from being faster, in a sentence or two with the figures that say so."""

from collections.abc import Callable, Mapping

from concurrent_fetch._why import BLOCKED, GROWN, Limit, Why
from concurrent_fetch.render import count, percent, rate, ratio, seconds

_NOTEWORTHY = 0.1


def limits(why: Why) -> str:
    """Return what limits a strategy, and what else its figures tell; empty if nothing is known."""
    if why.limit is None:
        return ""
    said = [f"{why.strategy} {_WORDS[why.limit](why)}."]
    if why.slots > 1:
        possible = f"{percent(why.efficiency)} of the speed that the reference's latencies allow"
        said.append(f"With up to {why.slots} in flight it reached {possible}.")
    loop = why.probe and why.probe.loop
    if loop and loop.median > BLOCKED:
        said.append(f"Its event loop is blocked: timers came {seconds(loop.median)} late.")
    if why.queue > _NOTEWORTHY * why.time_per_fetch:
        said.append(f"Each fetch spent {seconds(why.queue)} connecting, or waiting in the client.")
    return " ".join(said)


def _by_concurrency(why: Why) -> str:
    computing = f"computing {percent(why.cpu)} of the time; more in flight would help"
    if why.slots == 1:
        return f"waits for one fetch at a time, {computing}"
    return (
        f"is limited by its concurrency: {why.in_flight:.1f} of {why.slots} in flight, {computing}"
    )


def _by_cpu(why: Why) -> str:
    per_second = rate(max(1.0, why.cpu) / why.cpu_per_fetch)
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of the time, {seconds(why.cpu_per_fetch)} "
        f"per fetch, so that more in flight cannot bring more than {per_second} requests/s"
    )


def _by_gil(why: Why) -> str:
    late = why.probe.thread.p95 if why.probe and why.probe.thread else None
    return (
        f"is limited by the GIL: it computes {percent(why.cpu)} of the time, and a thread that "
        f"was to run had to wait up to {seconds(late)} for the others"
    )


def _by_network(why: Why) -> str:
    if why.service_grew >= GROWN:
        seen = f"each fetch took {ratio(why.service_grew)} as long as with one in flight"
    elif why.slots == why.urls:
        all_of_them = "its one URL was" if why.urls == 1 else f"all {count(why.urls)} URLs were"
        seen = f"{all_of_them} in flight at once"
    else:
        seen = f"only {why.in_flight:.1f} of {why.slots} were in flight"
    return (
        f"is limited by the network or the server: {seen}, computing {percent(why.cpu)} of the time"
    )


_WORDS: Mapping[Limit, Callable[[Why], str]] = {
    Limit.CONCURRENCY: _by_concurrency,
    Limit.CPU: _by_cpu,
    Limit.GIL: _by_gil,
    Limit.NETWORK: _by_network,
}
