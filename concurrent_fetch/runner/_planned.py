"""Planned: the plan of a comparison, from its strategies and what may be tried of them."""

from collections.abc import Mapping, Sequence

from concurrent_fetch.model import Options
from concurrent_fetch.runner._plan import Plan, hosts_of, pace_of, retries_in
from concurrent_fetch.runner._settings import check_repeatable
from concurrent_fetch.runner._trying import FEW, NOTHING, Trying
from concurrent_fetch.runner._warming import MOST_WARMING, warming_of
from concurrent_fetch.strategies import AnyStrategy, effective_options


def plan_of(
    strategies: Mapping[str, AnyStrategy],
    urls: Sequence[str],
    options: Options,
    *,
    rounds: int,
    untimed: int = 2,
    trying: Trying = NOTHING,
) -> Plan:
    """Return how many requests that will be, at most.

    Raises:
        ValueError: options of a strategy that a Runner does not take.
    """
    under = {name: effective_options(one, options) for name, one in strategies.items()}
    effective = under.values()
    for one in effective:
        check_repeatable(one)
    if any(one.allow_private != options.allow_private for one in effective):
        raise ValueError(
            "allow_private is one option for all strategies; write "
            "Runner(urls, Options(allow_private=False))"
        )
    hosts = hosts_of(urls)
    return Plan(
        strategies=tuple(strategies),
        rounds=rounds,
        untimed=untimed,
        hosts=hosts,
        in_flight=max((*(one.concurrency for one in effective), *trying.twice.values())),
        warming=MOST_WARMING * len(warming_of(strategies)) if untimed > 1 else 0,
        trials=trying.runs,
        alone=min(FEW, sum(hosts.values())) if trying.alone else 0,
        retries_in_trials=trying.retries(under, len(urls)),
        retries=sum(retries_in(len(urls), one) for one in effective),
        pace=sum(pace_of(urls, one) for one in effective),
    )
