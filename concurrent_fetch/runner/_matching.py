"""Matches what a strategy gave back to the URLs it was given: as a multiset, in any order."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

import attrs

from concurrent_fetch.http import redact
from concurrent_fetch.model import Failure, Outcome, Response, check_outcome
from concurrent_fetch.runner._plain import plain_outcomes
from concurrent_fetch.words import told

_RULE = "a Response or a Failure for each URL, in any order"


def in_url_order(
    returned: object, urls: Sequence[str], also: tuple[str, ...] = ()
) -> list[Outcome]:
    """Return the outcomes in the order of the URLs, each with its right `index`.

    `also` names parameters of URLs that are secret besides those of the list.

    Raises:
        ValueError: it is no list of plain outcomes, a field of one breaks its rule, or a URL is
            missing or answered too often; the message goes on where "strategy 'mine'" ends.
    """
    outcomes = _as_outcomes(returned, also)
    ordered, astray = _placed(outcomes, urls)
    free: dict[str, deque[int]] = defaultdict(deque)
    for index, url in enumerate(urls):
        if index not in ordered:
            free[url].append(index)
    extra = []
    for outcome in astray:
        if places := free.get(outcome.url):
            index = places.popleft()
            ordered[index] = attrs.evolve(outcome, index=index)
        else:
            extra.append(outcome.url)
    missing = [url for url, places in free.items() for _ in places]
    if missing or extra:
        counts = len(outcomes), len(urls)
        raise ValueError(_mismatch(counts, some(missing, also), some(extra, also)))
    return [ordered[index] for index in range(len(urls))]


def are_outcomes(returned: object) -> bool:
    """Whether a strategy gave back outcomes, or nothing that tells of fetches otherwise."""
    if not isinstance(returned, list):
        return False
    return not returned or all(isinstance(item, (Response, Failure)) for item in returned)


def _as_outcomes(returned: object, also: tuple[str, ...]) -> list[Outcome]:
    if not isinstance(returned, list):
        raise ValueError(f"returned {_what(returned)}; it must return {_RULE}")  # noqa: TRY004 - see in_url_order
    outcomes = list(plain_outcomes(returned))
    for item in outcomes:
        if not isinstance(item, (Response, Failure)):
            raise ValueError(f"returned {_what(item)} among its outcomes; it must return {_RULE}")  # noqa: TRY004 - the same
        try:
            check_outcome(item)
        except ValueError as error:
            url = redact(str(item.url), also)
            raise ValueError(f"returned an outcome for {url} that cannot be: {error}") from None
    return outcomes


def _placed(
    outcomes: Iterable[Outcome], urls: Sequence[str]
) -> tuple[dict[int, Outcome], list[Outcome]]:
    """Take those that name a place of their URL; return them by place, and the others."""
    urls_by_place = dict(enumerate(urls))
    ordered: dict[int, Outcome] = {}
    astray = []
    for outcome in outcomes:
        if urls_by_place.get(outcome.index) == outcome.url and outcome.index not in ordered:
            ordered[outcome.index] = outcome
        else:
            astray.append(outcome)
    return ordered, astray


def _what(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _mismatch(counts: tuple[int, int], missing: str, extra: str) -> str:
    parts = ["returned {} outcomes for {} URLs".format(*counts)]
    parts += [f"missing: {missing}"] if missing else []
    parts += [f"not asked for, or too often: {extra}"] if extra else []
    return f"{'; '.join(parts)}. It must return {_RULE}"


def some(urls: list[str], also: tuple[str, ...]) -> str:
    shown = ", ".join(told(redact(str(url), also)) for url in urls[:3])
    return f"{shown} and {len(urls) - 3} more" if len(urls) > 3 else shown
