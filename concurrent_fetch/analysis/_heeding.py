"""Heeding: whether a strategy keeps to the limits that are set, by the times of its fetches.

What pulls from the feed does. Whoever fetches on its own may not know of limits, and would be
faster for that. What could be an accident of clocks is not held against anybody.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._set_limits import are_of_hosts, by_host
from concurrent_fetch.analysis._tries import Tries
from concurrent_fetch.http import host_of
from concurrent_fetch.model import Options, Retry
from concurrent_fetch.render import many, seconds
from concurrent_fetch.stats import most_at_once

_FEED = "pull from feed_of(urls, options)"
_SESSION = "fetch through client.session(options), which heeds it"
_JITTER: Seconds = 0.05  # a start is told later than it was allowed
_SOME = 0.1
_CATCHING_UP: Seconds = 0.2  # a rate may be caught up for half of that
_LATE: Seconds = 0.25
_ROUNDING = 1e-9
_GIVEN_UP = FailureKind.CANCELLED
_FACTS = ("kind", "status_code", "attempts", "started", "finished")


def notes_on_heeding(checks: Sequence[Record], urls: Sequence[str]) -> list[Note]:
    """Return a note for each limit that a strategy does not heed, or of which that is unknown."""
    asks = any(are_of_hosts(check.options) for check in checks)
    hosts = list(map(host_of, urls)) if asks else []
    retried = {place for check in checks for place in check.retried}
    return [note for check in checks for note in _notes(check, hosts, retried)]


def _notes(check: Record, hosts: Sequence[str], retried: Collection[int]) -> Iterator[Note]:
    told = _set_in(check.options)
    if not told or check.outside:
        return
    if not check.has_times:
        fact = f"whether it heeds {', '.join(told)} cannot be seen without times of its fetches"
        yield Note(strategy=check.strategy, fact=fact, advice=_FEED)
        return
    tries = check.tries
    found = [_rate(tries, check.options), _retry(check, retried)]
    if are_of_hosts(check.options):
        found += [_per_host(tries, hosts, check.options), _delay(tries, hosts, check.options)]
    for fact in filter(None, found):
        yield Note(strategy=check.strategy, fact=fact, advice=_FEED)
    if late := _deadline(check):
        yield Note(strategy=check.strategy, fact=late, advice=_SESSION)


def _set_in(options: Options) -> list[str]:
    """Return what is set, as it is written."""
    numbers = ("per_host", "delay", "rate", "deadline")
    told = [f"{name}={value:g}" for name in numbers if (value := getattr(options, name))]
    others = [name for name in ("hosts", "retry") if getattr(options, name)]
    return [*told, *others]


def _per_host(tries: Tries, hosts: Sequence[str], options: Options) -> str | None:
    found = []
    for host, spans in by_host(tries, hosts).items():
        places = options.pace_of(host).per_host
        if places is None or len(spans) <= places:
            continue
        most = most_at_once([start for start, _ in spans], [end for _, end in spans])
        if most > places:
            found.append((most / places, most, places, host))
    if not found:
        return None
    _, most, places, host = max(found)
    return f"ignores per_host={places}: {most} fetches of {host} were in flight at once"


def _delay(tries: Tries, hosts: Sequence[str], options: Options) -> str | None:
    """Say of which host the starts were too close, if that is no rare accident."""
    found: list[tuple[int, int, str]] = []
    for host, spans in by_host(tries, hosts).items():
        delay = options.pace_of(host).delay
        if delay and len(spans) > 1:
            least = delay - min(_JITTER, delay / 2)
            starts = sorted(start for start, _ in spans)
            found.append((sum(b - a < least for a, b in pairwise(starts)), len(starts), host))
    if sum(n for n, _, _ in found) <= _SOME * sum(n - 1 for _, n, _ in found):
        return None
    worst, n, host = max(found)
    delay = options.pace_of(host).delay
    return f"ignores delay={delay:g}: {worst:,} of {n:,} starts at {host} came too close"


def _rate(tries: Tries, options: Options) -> str | None:
    """Say of the starts that exceeded the rate most how many there were, and how fast."""
    if not options.rate:
        return None
    starts = sorted(tries.starts)
    excess, first, last = _burst(starts, options.rate)
    if excess <= _CATCHING_UP * options.rate + 2:
        return None
    seen = (
        f"{last - first + 1:,} fetches were started within {seconds(starts[last] - starts[first])}"
    )
    return f"ignores rate={options.rate:g}: {seen}"


def _burst(starts: Sequence[Seconds], rate: float) -> tuple[float, int, int]:
    """Return by how many starts the rate was exceeded at most, from which start to which."""
    worst, (least, first) = (0.0, 0, 0), (0.0, 0)
    for n, start in enumerate(starts):
        over = n - rate * (start - starts[0])
        if over <= least + _ROUNDING:  # of windows that exceed it alike the shortest
            least, first = over, n
        worst = max(worst, (over - least + 1, first, n))
    return worst


def _retry(check: Record, retried: Collection[int]) -> str | None:
    """Say how many outcomes were not tried again that should have been, where none was.

    Of a run that tried anything again nothing is said, nor where there may have been a reason.
    """
    retry = check.options.retry
    if retry is None or retry.attempts == 1 or callable(retry.on) or check.retries:
        return None
    missed = sum(_is_missed(check, retry, place, retried) for place in range(len(check.results)))
    told = f"{many(missed, 'outcome')} that should have been tried again came back after one try"
    return f"ignores retry: {told}" if missed else None


def _is_missed(check: Record, retry: Retry, place: int, retried: Collection[int]) -> bool:
    """Whether an outcome is one to be tried again, and there was time for that."""
    kind, status, attempts, started, finished = (check.columns[name][place] for name in _FACTS)
    named = retry.on if not callable(retry.on) else ()
    if attempts != 1 or (status if kind is None else kind) not in named:
        return False
    if kind is None and place not in retried:
        return False  # Retry-After may have asked for more than Retry.retry_after_max
    ends = [started + retry.timeout] if retry.timeout else []
    ends += [check.begun + check.options.deadline] if check.options.deadline else []
    return all(finished + retry.wait_initial < end for end in ends)


def _deadline(check: Record) -> str | None:
    """Say what was fetched, and not given up, after the end of the run."""
    if check.options.deadline is None:
        return None
    end = check.begun + check.options.deadline + _LATE
    rows = zip(check.columns["finished"], check.columns["kind"], strict=True)
    late = [finished for finished, kind in rows if finished > end and kind is not _GIVEN_UP]
    if not late:
        return None
    last = f"the last until {seconds(max(late) - check.begun)} after the start of the run"
    what = f"{many(len(late), 'fetch')} went on after it, {last}"
    return f"ignores deadline={check.options.deadline:g}: {what}"
