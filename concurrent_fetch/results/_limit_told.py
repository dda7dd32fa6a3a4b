"""What is said of the limit of a strategy, with the figures that say so."""

import math
from collections.abc import Callable, Mapping

from concurrent_fetch.analysis import Evidence, Why
from concurrent_fetch.render import average, percent, rate, ratio, seconds
from concurrent_fetch.results._help_told import what_helps
from concurrent_fetch.results._more_told import more_in_flight, tried_told
from concurrent_fetch.results._phrases import blocked, cores

_NOTEWORTHY = 0.1
_NEARLY = 0.9
_ALL = 0.99
_CROWDED = 1.5
_MATTERS = 1.02


def limits(why: Why, subject: str | None = None) -> str:
    """Return what limits a strategy, what else its figures tell, and what would help.

    `subject`: what to say in place of its name. Empty without figures.
    """
    if why.evidence is Evidence.NOTHING and not why.in_flight > 0:
        return ""
    said = [f"{subject or why.strategy} {_WORDS[why.evidence](why)}."]
    is_set = why.bound is not None and why.evidence is why.bound.evidence
    if why.slots > 1 and why.is_measure and why.efficiency < _ALL and not is_set:
        least = f"With {why.slots} in flight the latencies alone would take {seconds(why.ideal)}"
        said.append(f"{least}; it took {seconds(why.elapsed)}.")
    is_said = why.evidence is Evidence.HELD_LOOP
    if why.probe and why.probe.loop and why.has_late_loop and not is_said:
        late = seconds(why.probe.loop.median)
        said.append(f"Timers on its event loop came {late} late.")
    if why.queue > _NOTEWORTHY * why.time_per_fetch and why.evidence not in _OF_SENDING:
        said.append(f"O{_before_sending(why)[1:]}: connecting, or waiting in the client.")
    return " ".join([*said, *what_helps(why)])


def _before_sending(why: Why) -> str:
    whole = seconds(why.time_per_fetch)
    return f"of the {whole} that a fetch takes, {seconds(why.queue)} pass before it is sent"


def _by_nothing_known(why: Why) -> str:
    flying = f"{average(why.in_flight)} fetches were in flight on average"
    busy = ", on so busy a machine" if why.is_hindered else ""
    return f"shows no single limit{busy}: {flying}, and it computed {percent(why.cpu)} of the time"


def _by_nothing_alone(why: Why) -> str:
    return (
        f"{_filled(why)}. Nothing here shows whether the server is crowded, or has room for more: "
        "compare it with a strategy that has one in flight, such as fetch_sync"
    )


def _by_nothing_tried(why: Why) -> str:
    full = _waits_for_one(why) if why.slots == 1 else _filled(why)
    return f"{full}. Whether more in flight would help was not tried"


def _waits_for_one(why: Why) -> str:
    return f"waits for one fetch at a time, and computes {percent(why.cpu)} of the time"


def _filled(why: Why) -> str:
    is_full = why.in_flight >= _NEARLY * why.slots
    flying = f"{why.slots} in flight"
    had = f"nearly always had {flying}, never more" if is_full else f"had up to {flying}"
    return f"{had}, and computed {percent(why.cpu)} of the time"


def _by_work(why: Why) -> str:
    return (
        f"is limited by the work on its responses, which takes {percent(why.work)} of its time; "
        f"it computed {percent(why.cpu)} of the time"
    )


def _by_blocked_loop(why: Why) -> str:
    return (
        f"is limited by its event loop, {blocked([why])}: "
        "while that waits, no other fetch can go on"
    )


def _by_nothing_seen(why: Why) -> str:
    return (
        f"{_waits_for_one(why)}. Whether its event loop was blocked by a call that waits could not "
        "be seen: the run was too short, or the machine too busy"
    )


def _one_at_a_time(why: Why) -> str:
    return f"{_waits_for_one(why)}.{_more_helps(why)}"


def _by_concurrency(why: Why) -> str:
    return f"is limited by its concurrency: it {_filled(why)}.{_more_helps(why)}"


def _more_helps(why: Why) -> str:
    shown = more_in_flight(why)
    return f" More in flight would help: {shown}" if shown else ""


def _by_nothing_faster(why: Why) -> str:
    said, tried = _waits_for_one(why) if why.slots == 1 else _filled(why), why.tried
    if tried is None:
        return said
    more = "Whether more in flight would help is not sure"
    if tried.helps:
        more = "More in flight would help a little"
    elif max(tried.speedups) < 1:
        more = "More in flight did not help"
    return f"{said}. {more}: {tried_told(tried)}"


def _by_crowding_alone(why: Why) -> str:
    grown = ratio(why.tried.service_grew) if why.tried and why.tried.service_grew else "longer"
    seen = f"{tried_told(why.tried)}; each fetch took {grown} as long" if why.tried else ""
    return _by_network(why, seen)


def _by_crowding(why: Why) -> str:
    other = why.beside
    if other is None:
        return _by_network(why, "more in flight would bring nothing")
    faster = "hardly" if other.faster > _MATTERS else "no"
    had = f"{other.strategy}, with {average(other.in_flight)} in flight, was {faster} faster"
    return _by_network(why, f"{had}: each of its fetches took {ratio(other.longer)} as long")


def _by_the_slowest(why: Why) -> str:
    return (
        f"waits for one slow URL: {why.slow_url} takes {seconds(why.longest)}, and the whole run "
        f"{seconds(why.elapsed)}"
    )


def _by_connecting(why: Why) -> str:
    return f"is limited by looking up names and connecting: {_before_sending(why)}"


def _by_a_line(why: Why) -> str:
    return (
        f"is limited by the client itself: {_before_sending(why)}. It does not connect in that "
        "time, but stands in line"
    )


def _by_pauses(why: Why) -> str:
    return (
        f"is limited by the client itself, which pauses: {percent(why.waiting.vacant)} of the time "
        f"it could have fetched more and did not, and it computed {percent(why.cpu)} of the time"
    )


def _by_its_pace(why: Why) -> str:
    return (
        "is limited by the client itself: it starts a fetch every "
        f"{seconds(why.waiting.pace)}, no matter when others end"
    )


def _by_overhead(why: Why) -> str:
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of so short a run, "
        f"{seconds(why.cpu_per_fetch)} per fetch, before it sends and after it has its answers"
    )


def _by_cpu(why: Why) -> str:
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of the time, {seconds(why.cpu_per_fetch)} "
        f"per fetch: one core can do {rate(1 / why.cpu_per_fetch)} fetches a second"
    )


def _by_several_cores(why: Why) -> str:
    spent = f"{percent(why.cpu)} of one core in all, {seconds(why.cpu_per_fetch)} per fetch"
    return f"computes on {cores(why.cores_at_once)} at once: {spent}"


def _by_gil(why: Why) -> str:
    late = why.probe.thread.p95 if why.probe and why.probe.thread else None
    return (
        f"is limited by the GIL: it computes {percent(why.cpu)} of the time, and 1 time in 20 a "
        f"thread that was ready waited more than {seconds(late)} for the others"
    )


def _by_longer_service(why: Why) -> str:
    return _by_network(
        why, f"each fetch took {ratio(why.service_grew)} as long as with one in flight"
    )


def _by_all_at_once(why: Why) -> str:
    one, all_of_them = "there was one URL", f"all {why.urls:,} URLs were in flight at once"
    return _by_network(why, one if why.urls == 1 else all_of_them)


def _by_no_room(why: Why) -> str:
    saved = f"twice as many in flight would save at most {percent(why.room)}"
    return _by_network(why, f"a few URLs take most of the time, so {saved}")


def _by_network(why: Why, seen: str) -> str:
    computed = f"it computed {percent(why.cpu)} of the time, and"
    return f"is limited by the network or the server: {computed} {seen}"


def _by_the_machine(why: Why) -> str:
    waited, others = (why.probe.starved, why.probe.others) if why.probe else (None, None)
    return (
        "is limited by this machine: in a second of its run, threads that were ready waited "
        f"{seconds(waited)} (added up) for a core, while other programs had "
        f"{percent(others or 0.0)} of the CPU time"
    )


def _by_what_is_set(why: Why) -> str:
    share = percent(why.bound.share if why.bound else math.nan)
    taken = f"{_ACCOUNT[why.evidence]} {share} of the time"
    computed = f"it computed {percent(why.cpu)} of the time"
    return f"is limited by {why.bound}, not by the strategy: {taken}, and {computed}"


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
    Evidence.AT_THE_RATE: "the rate takes up",
    Evidence.AT_THE_DELAY: "the delays there take up",
    Evidence.HOST_FULL: "the places there were taken",
}

_WORDS: Mapping[Evidence, Callable[[Why], str]] = {
    Evidence.NOTHING: _by_nothing_known,
    Evidence.NOTHING_ALONE: _by_nothing_alone,
    Evidence.NOTHING_SEEN: _by_nothing_seen,
    Evidence.HELD_LOOP: _by_blocked_loop,
    Evidence.WORKING: _by_work,
    Evidence.NOTHING_TRIED: _by_nothing_tried,
    Evidence.ONE_AT_A_TIME: _one_at_a_time,
    Evidence.FULL: _by_concurrency,
    Evidence.NO_FASTER: _by_nothing_faster,
    Evidence.ONLY_CROWDED: _by_crowding_alone,
    Evidence.COMPUTING: _by_cpu,
    Evidence.SEVERAL_CORES: _by_several_cores,
    Evidence.OVERHEAD: _by_overhead,
    Evidence.LATE_LOOP: _by_cpu,
    Evidence.LATE_THREADS: _by_gil,
    Evidence.SERVICE_GREW: _by_longer_service,
    Evidence.ALL_AT_ONCE: _by_all_at_once,
    Evidence.NO_ROOM: _by_no_room,
    Evidence.CROWDED: _by_crowding,
    Evidence.SLOWEST: _by_the_slowest,
    Evidence.TO_CONNECT: _by_connecting,
    Evidence.IN_LINE: _by_a_line,
    Evidence.PAUSES: _by_pauses,
    Evidence.ITS_PACE: _by_its_pace,
    Evidence.AT_THE_RATE: _by_what_is_set,
    Evidence.AT_THE_DELAY: _by_what_is_set,
    Evidence.HOST_FULL: _by_a_full_host,
    Evidence.ONLY_WAITING: _by_waiting_to_retry,
    Evidence.STARVED: _by_the_machine,
}

_OF_SENDING = {Evidence.TO_CONNECT, Evidence.IN_LINE}
