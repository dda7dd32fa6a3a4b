"""What is said of the limit of a strategy, with the figures that say so, and what would help."""

import math
from collections.abc import Callable, Mapping

from concurrent_fetch.analysis import Evidence, Why
from concurrent_fetch.render import percent, rate, ratio, seconds
from concurrent_fetch.results._phrases import CURE, blocked, cores

_NOTEWORTHY = 0.1
_CROWDED = 1.5


def limits(why: Why, subject: str | None = None) -> str:
    """Return what limits a strategy, what else its figures tell, and what would help.

    `subject`: what to say in place of its name. Empty without figures.
    """
    if why.evidence is Evidence.NOTHING and not why.in_flight > 0:
        return ""
    said = [f"{subject or why.strategy} {_WORDS[why.evidence](why)}."]
    is_set = why.bound is not None and why.evidence is why.bound.evidence
    if why.slots > 1 and why.is_measure and why.efficiency <= 1 and not is_set:
        possible = f"{percent(why.efficiency)} of the speed that the reference's latencies allow"
        said.append(f"With up to {why.slots} in flight it reached {possible}.")
    is_said = why.evidence is Evidence.HELD_LOOP
    if why.probe and why.probe.loop and why.has_late_loop and not is_said:
        late = seconds(why.probe.loop.median)
        said.append(f"Its event loop is blocked: timers came {late} late.")
    if why.queue > _NOTEWORTHY * why.time_per_fetch:
        spent = f"{seconds(why.queue)} connecting, or waiting in the client"
        said.append(f"A fetch that was sent had spent {spent}.")
    return " ".join([*said, *_help(why)])


def _help(why: Why) -> list[str]:
    if why.evidence is Evidence.SEVERAL_CORES and why.in_workers > why.cpu / 2:
        return ["Less work per response would help, or more workers, as far as there are cores."]
    if why.evidence is Evidence.COMPUTING and why.cores_at_once > 1:  # all that there are
        return [_HELP[Evidence.SEVERAL_CORES]]
    return [_HELP[why.evidence]] if why.evidence in _HELP else []


def _by_nothing_known(why: Why) -> str:
    told = f"{why.in_flight:.1f} in flight of up to {why.slots}, computing {percent(why.cpu)}"
    return f"is limited by what these figures do not tell: {told} of the time"


def _by_nothing_alone(why: Why) -> str:
    hint = "fetch_sync beside it would show whether the server is crowded"
    return f"{_by_nothing_known(why)}; {hint}"


def _by_work(why: Why) -> str:
    return (
        f"is limited by the work on its responses: {percent(why.work)} of its time, "
        f"computing {percent(why.cpu)}"
    )


def _by_blocked_loop(why: Why) -> str:
    return (
        f"is limited by its event loop, {blocked([why])}: "
        "while that waits, no other fetch can go on"
    )


def _by_nothing_seen(why: Why) -> str:
    return (
        f"has one fetch in flight at a time, computing {percent(why.cpu)} of the time; whether a "
        "call that waits blocked its event loop could not be seen, in so short a run or on so busy "
        "a machine"
    )


def _one_at_a_time(why: Why) -> str:
    return f"waits for one fetch at a time, {_more_helps(why)}"


def _by_concurrency(why: Why) -> str:
    full = f"{why.in_flight:.1f} of {why.slots} in flight"
    return f"is limited by its concurrency: {full}, {_more_helps(why)}"


def _more_helps(why: Why) -> str:
    return f"computing {percent(why.cpu)} of the time; more in flight would help"


def _by_cpu(why: Why) -> str:
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of the time, {seconds(why.cpu_per_fetch)} "
        f"per fetch, of which one core can do {rate(1 / why.cpu_per_fetch)} a second"
    )


def _by_several_cores(why: Why) -> str:
    spent = f"{percent(why.cpu)} of one, {seconds(why.cpu_per_fetch)} per fetch"
    return f"computes on {cores(why.cores_at_once)} at once: {spent}"


def _by_gil(why: Why) -> str:
    late = why.probe.thread.p95 if why.probe and why.probe.thread else None
    return (
        f"is limited by the GIL: it computes {percent(why.cpu)} of the time, and 1 time in 20 a "
        f"thread that was to run waited more than {seconds(late)} for the others"
    )


def _by_longer_service(why: Why) -> str:
    return _by_network(
        why, f"each fetch took {ratio(why.service_grew)} as long as with one in flight"
    )


def _by_all_at_once(why: Why) -> str:
    all_of_them = "its one URL was" if why.urls == 1 else f"all {why.urls:,} URLs were"
    return _by_network(why, f"{all_of_them} in flight at once")


def _by_few_left(why: Why) -> str:
    return _by_network(why, f"only {why.in_flight:.1f} of {why.slots} were in flight")


def _by_network(why: Why, seen: str) -> str:
    computing = f"computing {percent(why.cpu)} of the time"
    return f"is limited by the network or the server: {seen}, {computing}"


def _by_the_machine(why: Why) -> str:
    waited, others = (why.probe.starved, why.probe.others) if why.probe else (None, None)
    return (
        "is limited by this machine: in a second of its run, threads that were ready waited "
        f"{seconds(waited)} for a core, while other programs had {percent(others or 0.0)} of the "
        "CPU time"
    )


def _by_what_is_set(why: Why) -> str:
    share = percent(why.bound.share if why.bound else math.nan)
    taken = f"{_ACCOUNT[why.evidence]} {share} of the time, computing {percent(why.cpu)}"
    return f"is limited by {why.bound}, not by the strategy: {taken}"


def _by_a_full_host(why: Why) -> str:
    said = _by_what_is_set(why)
    if not why.service_grew >= _CROWDED:
        return said
    return (
        f"{said}; each fetch took {ratio(why.service_grew)} as long as with one in flight, so more "
        "places there may not help"
    )


def _by_waiting_to_retry(why: Why) -> str:
    idle, spent = (why.bound.share, why.bound.value) if why.bound else (math.nan, math.nan)
    return (
        f"is limited by its retries: {percent(idle)} of the time, {seconds(spent)} in a run, "
        "nothing was in flight until something was tried again"
    )


_ACCOUNT: Mapping[Evidence, str] = {
    Evidence.AT_THE_RATE: "it takes up",
    Evidence.AT_THE_DELAY: "the delays there take up",
    Evidence.HOST_FULL: "the places there were taken",
}

_WORDS: Mapping[Evidence, Callable[[Why], str]] = {
    Evidence.NOTHING: _by_nothing_known,
    Evidence.NOTHING_ALONE: _by_nothing_alone,
    Evidence.NOTHING_SEEN: _by_nothing_seen,
    Evidence.HELD_LOOP: _by_blocked_loop,
    Evidence.WORKING: _by_work,
    Evidence.ONE_AT_A_TIME: _one_at_a_time,
    Evidence.FULL: _by_concurrency,
    Evidence.COMPUTING: _by_cpu,
    Evidence.SEVERAL_CORES: _by_several_cores,
    Evidence.LATE_LOOP: _by_cpu,
    Evidence.LATE_THREADS: _by_gil,
    Evidence.SERVICE_GREW: _by_longer_service,
    Evidence.ALL_AT_ONCE: _by_all_at_once,
    Evidence.FEW_LEFT: _by_few_left,
    Evidence.AT_THE_RATE: _by_what_is_set,
    Evidence.AT_THE_DELAY: _by_what_is_set,
    Evidence.HOST_FULL: _by_a_full_host,
    Evidence.ONLY_WAITING: _by_waiting_to_retry,
    Evidence.STARVED: _by_the_machine,
}

_HELP: Mapping[Evidence, str] = {
    Evidence.NOTHING_SEEN: f"If one did: {CURE}.",
    Evidence.HELD_LOOP: f"What helps: {CURE}. More in flight does not.",
    Evidence.COMPUTING: "Less work per response would help, or more processes.",
    Evidence.SEVERAL_CORES: "Less work per response would help, or more cores.",
    Evidence.LATE_LOOP: "Less work per response would help, or more processes.",
    Evidence.LATE_THREADS: "An event loop would help, or fewer threads.",
    Evidence.WORKING: "Doing that elsewhere would help, or in more threads.",
    Evidence.STARVED: "What helps: end the other programs, or measure on a quiet machine.",
    Evidence.SERVICE_GREW: "More in flight would not help; fewer may be as fast.",
}
