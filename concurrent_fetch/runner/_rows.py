"""Rows: what a strategy gave back that is no list of outcomes, matched to the URLs.

A value that names its URL stands for that: as it is written, or in another form of the same. Any
other stands for the URL at its place, if there are as many values as URLs. Then their order is not
known, unless those that do name a URL are all in order.
"""

import inspect
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http import canonicalize
from concurrent_fetch.model import Failure, Outcome, Response, Row, check_outcome
from concurrent_fetch.render import many
from concurrent_fetch.runner._matching import some
from concurrent_fetch.runner._plain import plain, plain_outcomes, plain_rows
from concurrent_fetch.runner._type_names import type_of
from concurrent_fetch.runner._values import is_value, row_of

_Result: TypeAlias = Outcome | Row
_Found: TypeAlias = dict[int, _Result]
"""By the place of the URL."""


class Rows(NamedTuple):
    """What is known of each URL, in URL order."""

    results: list[_Result]
    ordered: bool
    """Whether each stands at its URL."""

    @property
    def unread(self) -> int:
        """How many bodies were left unread."""
        return sum(isinstance(one, Row) and one.unread for one in self.results)


def rows_of(
    returned: object,
    urls: Sequence[str],
    also: tuple[str, ...] = (),
    *,
    digest: bool = False,
    in_order: bool = False,
) -> Rows:
    """Return what a strategy told of each URL; `in_order` says that its values stand at theirs.

    Raises:
        ValueError: a value tells nothing, or they are not one for each URL; the message goes on
            where "strategy 'mine'" ends.
    """
    if returned is None:
        return Rows([Row()] * len(urls), ordered=True)
    values = _values_in(returned)
    try:
        results = plain_rows([_told(value, digest=digest) for value in values])
    finally:
        for coroutine in filter(inspect.iscoroutine, values):
            coroutine.close()  # else Python warns that nobody awaited it
    if in_order and len(results) == len(urls):
        return Rows([_placed(one, i) for i, one in enumerate(results)], ordered=True)
    return _matched(results, urls, also)


def _values_in(returned: object) -> list[object]:
    if isinstance(returned, Mapping):
        return list(returned.items())
    if isinstance(returned, list):
        return returned
    cure = "return a list, one for each URL"
    if is_value(returned):
        raise ValueError(f"returned one value of type {type_of(returned)}; {cure}")
    raise ValueError(
        f"returned a value of type {type_of(returned)}; {cure}: [response, ...] or "
        "[(url, body), ...]"
    )


def _told(value: object, *, digest: bool) -> _Result:
    if isinstance(value, tuple) and len(pair := plain(value, tuple)) == 2:
        value = pair[1] if isinstance(pair[1], (Response, Failure)) else pair
    (value,) = plain_outcomes([value])
    if not isinstance(value, (Response, Failure)):
        return row_of(value, digest=digest)
    try:
        check_outcome(value)
    except ValueError as error:
        raise ValueError(f"returned an outcome that cannot be: {error}") from None
    return value


def _matched(results: Sequence[_Result], urls: Sequence[str], also: tuple[str, ...]) -> Rows:
    found: _Found = {}
    left = _by_url(list(enumerate(results)), urls, found)
    in_place = all(results[index] is one for index, one in found.items())
    known = set(map(_canonical, urls)) if left else set()
    astray = [one for _, one in left if one.url is not None and _canonical(one.url) in known]
    missing = [urls[i] for i in range(len(urls)) if i not in found]
    if len(results) != len(urls) or astray:
        raise ValueError(_mismatch(len(results), urls, missing, astray, also))
    ordered = not left or len(left) == 1 or (in_place and bool(found))
    free = deque(i for i in range(len(urls)) if i not in found)
    for place, one in left:
        if ordered and len(left) > 1:
            free.remove(place)
            found[place] = one
        else:
            found[free.popleft()] = one
    return Rows([_placed(found[i], i) for i in range(len(urls))], ordered)


def _by_url(
    results: Iterable[tuple[int, _Result]], urls: Sequence[str], found: _Found
) -> list[tuple[int, _Result]]:
    """Take those that name a URL which is free, first as it is written; return the others."""
    left = list(results)
    for form in (str, _canonical):
        left = _at_their_place(left, urls, form, found)
        left = _anywhere(left, urls, form, found)
    return left


_Form: TypeAlias = Callable[[str], str]


def _at_their_place(
    results: Iterable[tuple[int, _Result]], urls: Sequence[str], form: _Form, found: _Found
) -> list[tuple[int, _Result]]:
    left = []
    for place, one in results:
        is_free = place < len(urls) and place not in found and one.url is not None
        if is_free and form(one.url or "") == form(urls[place]):
            found[place] = one
        else:
            left.append((place, one))
    return left


def _anywhere(
    results: Iterable[tuple[int, _Result]], urls: Sequence[str], form: _Form, found: _Found
) -> list[tuple[int, _Result]]:
    free: dict[str, deque[int]] = defaultdict(deque)
    for index, url in enumerate(urls):
        if index not in found:
            free[form(url)].append(index)
    left = []
    for place, one in results:
        places = free.get(form(one.url)) if one.url is not None else None
        if places:
            found[places.popleft()] = one
        else:
            left.append((place, one))
    return left


def _canonical(url: str) -> str:
    try:
        return canonicalize(url).url
    except Refusal:
        return url


def _placed(one: _Result, index: int) -> _Result:
    return one if isinstance(one, Row) or one.index == index else attrs.evolve(one, index=index)


def _mismatch(
    count: int,
    urls: Sequence[str],
    missing: list[str],
    astray: Iterable[_Result],
    also: tuple[str, ...],
) -> str:
    extra = list(dict.fromkeys(one.url or "" for one in astray))
    parts = [f"returned {many(count, 'result')} for {many(len(urls), 'URL')}"]
    if missing and len(missing) < len(urls):
        parts.append(f"{len(missing)} missing, first {some(missing[:1], also)}")
    parts += [f"too often: {some(extra[:1], also)}"] if extra else []
    return f"{'; '.join(parts)}. Return one for each URL, (url, None) for one that failed"
