"""What a comparison and a sweep look like: the timeline of a typical round, and charts."""

import math
import statistics
from collections.abc import Collection, Iterable, Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Record
from concurrent_fetch.render import (
    Interval,
    Lane,
    Panel,
    Picture,
    curves,
    intervals,
    many,
    rate,
    seconds,
    timeline,
)
from concurrent_fetch.results._line import Line, told
from concurrent_fetch.results._phrases import short_gain
from concurrent_fetch.results._sweep_table import Row
from concurrent_fetch.stats import Verdict, is_told


def typical_round(records: Iterable[Record]) -> int:
    """Return the round whose times are nearest to the typical ones, of all strategies together."""
    times: dict[int, dict[str, Seconds]] = {}
    for record in records:
        if record.round is not None:
            times.setdefault(record.round, {})[record.strategy] = math.log(record.elapsed or 1e-9)
    names = {name for of_round in times.values() for name in of_round}
    middle = {
        name: statistics.median(of_round[name] for of_round in times.values() if name in of_round)
        for name in names
    }
    return min(times, key=lambda r: sum(abs(x - middle[name]) for name, x in times[r].items()))


def timeline_of(
    lines: Sequence[Line],
    names: Collection[str],
    records: Sequence[Record],
    rounds: int,
    *,
    prefix: str = "",
) -> Picture:
    """Draw the runs of some strategies in the most typical of the rounds that `records` are of.

    With what the lines say of all rounds; the first line is the reference. `prefix` says what
    names are that are numbers.
    """
    number = typical_round(records)
    runs = {record.strategy: record for record in records if record.round == number}
    tied = sum(line.fastest for line in lines) > 1
    reference = lines[0].name
    over = "" if reference in names else prefix + reference
    lanes = [
        _lane(f"{prefix}{line.name}", line, runs[line.name], _said(line, over, tied=tied))
        for line in lines
        if line.name in names
    ]
    urls = many(len(runs[lines[0].name].columns["started"]), "URL")
    title = f"{urls}, round {number + 1} of {rounds} (the most typical)"
    others = ", ".join(line.name for line in lines if line.name not in names)
    title += f"; not shown: {prefix}{others}" if others else ""
    facts = "; ".join(f"{lane.name}: {lane.facts}" for lane in lanes)
    return timeline(lanes, title=title, alt=f"Timeline of {title}. {facts}.")


def _lane(name: str, line: Line, record: Record, said: str) -> Lane:
    columns = record.columns
    facts = [seconds(record.elapsed), f"{record.in_flight:.1f} in flight"]
    if record.outside:  # its times are of other runs
        facts[1:] = []
    if not record.has_times:
        facts[1:] = ["times of its fetches unknown"]
    facts += [f"{record.failures:,} failed"] if record.failures else []
    facts += [f"{len(record.retried):,} tried again"] if record.retried else []
    fetches = (
        columns["started"],
        columns["finished"],
        [kind is not None for kind in columns["kind"]],
    )
    earlier = [[(one.started, one.finished) for one in tries or ()] for tries in columns["earlier"]]
    return Lane.of(
        name,
        " · ".join([*facts, said]),
        *(fetches if record.has_times else ((), (), ())),
        earlier=earlier if record.has_times else (),
        begun=record.begun,
        elapsed=record.elapsed,
        ideal=None if math.isnan(line.why.ideal) else line.why.ideal,
    )


def _said(line: Line, over: str, *, tied: bool) -> str:
    """Return the speed-up and what it means, as short as a picture wants it."""
    estimate = line.speedup
    if line.is_reference or estimate is None:
        return "reference" if line.is_reference else "not comparable"
    gain = f"all rounds: {short_gain(estimate, over)}"
    if not is_told(estimate):
        return f"{gain}, too few to tell"
    if line.verdict in (Verdict.SAME, Verdict.UNRESOLVED):
        return f"{gain}, {line.verdict}"
    return f"{gain}{_mark(line, tied=tied)}"


def _mark(line: Line, *, tied: bool) -> str:
    if not line.fastest:
        return ""
    return ", tied" if tied else ", fastest"


def chart_of(lines: Sequence[Line], urls: int, rounds: int) -> Picture:
    """Draw the speed-ups over the reference with their intervals."""
    size = f"{many(urls, 'URL')}, {many(rounds, 'round')}"
    title = f"{size}: times as fast as {lines[0].name}, with 95% intervals"
    tied = sum(line.fastest for line in lines) > 1
    reference = Interval(name=lines[0].name, point=1.0, low=1.0, high=1.0, words="reference")
    rows = [reference, *(_row(line, tied=tied) for line in lines[1:])]
    words = "; ".join(f"{row.name}: {row.words}" for row in rows)
    return intervals(rows, title=title, alt=f"{title}. {words}.")


def _row(line: Line, *, tied: bool) -> Interval:
    estimate = line.speedup
    if estimate is None:
        nan = math.nan
        return Interval(name=line.name, point=nan, low=nan, high=nan, words="not comparable")
    verdict = f"{line.verdict}{_mark(line, tied=tied)}"
    return Interval(
        name=line.name,
        point=estimate.point,
        low=estimate.low,
        high=estimate.high,
        words=f"{told(estimate)} {verdict if is_told(estimate) else 'too few rounds'}",
    )


def chart_of_sweep(rows: Sequence[Row], title: str, *, at_edge: bool) -> Picture:
    """Draw throughput and latency over concurrency, what bounds it, and the recommended level.

    `at_edge`: the recommended level is the largest, and more may be faster still.
    """
    recommended = next((row.level.concurrency for row in rows if row.recommended), None)
    mark = None
    if recommended is not None:
        words = f"≥ {recommended}: still rising" if at_edge else f"recommended: {recommended}"
        mark = (recommended, words)
    shown = ", ".join(
        f"{row.level.concurrency}: {rate(row.ceiling.requests_per_second)} requests/s "
        f"at {seconds(row.level.service)}"
        for row in rows
    )
    advice = "no level is recommended" if mark is None else f"in flight {mark[1]}"
    latency = {"mean": [row.level.service for row in rows]}
    return curves(
        [row.level.concurrency for row in rows],
        [_throughput(rows), Panel(title="latency of a fetch", measured=latency, in_seconds=True)],
        title=title,
        x_title="concurrency",
        mark=mark,
        alt=f"{title}: {advice}. Throughput and latency by the number in flight: {shown}.",
    )


def _throughput(rows: Sequence[Row]) -> Panel:
    return Panel(
        title="requests per second; dashed: what bounds them",
        measured={"measured": [row.ceiling.requests_per_second for row in rows]},
        bounds={
            "by its concurrency": [row.ceiling.by_concurrency for row in rows],
            "by its CPU time": [row.ceiling.by_cpu for row in rows],
            "by server, network": [row.ceiling.by_server for row in rows],
        },
    )
