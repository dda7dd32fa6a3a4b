"""Digesting: whether the digests of bodies are a part of the times that were measured."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._digest_costs import Costs, cost_of
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.render import percent, seconds
from concurrent_fetch.stats import quantile

_DEAR = 0.02


def notes_on_digests(
    checks: Mapping[str, Record],
    records: Iterable[Record],
    marked: Collection[int],
    costs: Mapping[str, Costs],
) -> list[Note]:
    """Return a note where digests are more than a fiftieth of the fastest strategy's time.

    `costs` are those of the interpreter that each strategy runs on. Of values that are no outcomes
    digests are taken when the clock has stopped.
    """
    paid = {
        name: cost_of(check.column("size"), costs[name])
        for name, check in checks.items()
        if check.has_times and any(check.columns["digest"])
    }
    typical = _typical(records, marked)
    if not paid or not typical:
        return []
    dearest, fastest = max(paid.values()), min(typical, key=lambda name: typical[name])
    time = typical[fastest]
    if dearest <= _DEAR * time:
        return []
    free = [name for name in checks if name not in paid]
    told = f"the digests of the bodies take up to {seconds(dearest)} of each run"
    share = "" if time <= 0 else f", {percent(dearest / time)} of"
    return [
        Note(
            strategy=None,
            fact=f"{told}{share or ' beside'} the {seconds(time)} of {fastest}",
            advice=_advice(free),
        )
    ]


def _advice(free: Collection[str]) -> str:
    if not free:
        return "all pay them alike, so that speed-ups are nearer to 1 than without"
    return (
        f"{' and '.join(free)} took none on the clock, and would have by fetching through "
        "client.session(options)"
    )


def _typical(records: Iterable[Record], marked: Collection[int]) -> dict[str, Seconds]:
    times: dict[str, list[Seconds]] = defaultdict(list)
    for record in records:
        if record.round not in marked:
            times[record.strategy].append(record.elapsed)
    return {name: quantile(sorted(found), 0.5) for name, found in times.items()}
