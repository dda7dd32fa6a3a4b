"""Plain: what a strategy gave back is there when the clock stops, and computes nothing later.

An outcome of another class, or a text or a number that is more than one, could do its work when it
is looked at, on no clock. So the types are exactly those that are declared. They are looked at by
columns, and what is found there is not asked anything. Headers and bodies are left alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPMethod, HTTPStatus
from itertools import chain
from operator import attrgetter
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from concurrent_fetch.model import Attempt, Failure, Outcome, Response, Row, Run, Timing
from concurrent_fetch.runner._type_names import type_of

_LEFT = frozenset({"headers", "body", "tag"})
_OF_RUN = ("waited_for_hosts", "advice", "clock_error")
"""What is taken of a `Run` besides its outcomes."""
_LATER = "what it computes later is on no clock"
_ENUMS: Mapping[type, Callable[[Any], Any]] = {HTTPStatus: int.__int__, HTTPMethod: str.__str__}
"""Classes of Python's own that compute nothing, and what makes plain values of them."""
_INSIDE: Mapping[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int.__int__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytes(bytearray.__getitem__(value, slice(None))),
    tuple: lambda value: tuple(tuple.__iter__(value)),
}
"""What reads the value that one of these types holds, though a subclass says that it is another."""


def plain(value: Any, kind: type) -> Any:
    """Return what a value of a type, or of a subclass, holds; no code of that is called."""
    return value if type(value) is kind else _INSIDE[kind](value)


def outcomes_in(given: object) -> object:
    """Return the outcomes of a `Run` as a list; anything else as it is.

    Raises:
        ValueError: it is a `Run` of another class; the message goes on where "strategy 'mine'"
            ends.
    """
    if type(given) is Run:
        misfits = _misfits(Run, [given], _OF_RUN)
        for name in misfits:
            raise _refused("a Run", name, getattr(given, name), _declared(Run)[name])
        return list(given.outcomes)
    if isinstance(given, Run):
        found = f"a value of type {type_of(given)}, and not a Run itself: {_LATER}"
        raise ValueError(f"returned {found}; return Run.of(outcomes), or the list of them")  # noqa: TRY004 - as all that is said of what came back
    return given


def plain_outcomes(outcomes: Sequence[Any]) -> Sequence[Any]:
    """Return outcomes whose types are exactly those declared, as far as they are outcomes at all.

    `http.HTTPStatus` and `http.HTTPMethod` are made plain.

    Raises:
        ValueError: one is of a subclass, or a field of it is; says which and what to return; the
            message goes on where "strategy 'mine'" ends.
    """
    kinds = set(map(type, outcomes))
    if kinds <= {Response, Failure} and not any(_all_misfits(outcomes, kinds)):
        return outcomes
    return [_plain_outcome(one, f"item {place}") for place, one in enumerate(outcomes)]


def _all_misfits(outcomes: Sequence[Any], kinds: Iterable[type]) -> Iterator[str]:
    for kind in kinds:
        yield from _misfits(kind, [one for one in outcomes if type(one) is kind])
    timings = [one.timing for one in outcomes]
    redirects = (one.redirects for one in outcomes if type(one) is Response)
    earlier = list(chain.from_iterable(filter(_is_tuple, (one.earlier for one in outcomes))))
    if set(map(type, timings)) <= {Timing}:
        yield from _misfits(Timing, timings)
    if not set(map(type, chain.from_iterable(filter(_is_tuple, redirects)))) <= {str}:
        yield "redirects"
    if not set(map(type, earlier)) <= {Attempt}:
        yield "earlier"
    elif earlier:
        yield from _misfits(Attempt, earlier)


def _is_tuple(value: object) -> bool:
    return type(value) is tuple


def _misfits(kind: type, values: Sequence[Any], names: Sequence[str] = ()) -> Iterator[str]:
    """Yield the fields of which not every value is exactly of a declared type."""
    declared = _declared(kind)
    names = names or tuple(declared)
    columns = zip(*map(attrgetter(*names), values), strict=True)
    for name, column in zip(names, columns, strict=False):  # no column of no values
        if not declared[name].issuperset(map(type, column)):
            yield name


@cache
def _declared(kind: type) -> Mapping[str, frozenset[type]]:
    """Return the types that the fields of a class may have, but for those that are left alone."""
    hints = get_type_hints(kind)
    names = [field.name for field in attrs.fields(kind) if field.name not in _LEFT]
    return {name: _types(hints[name]) for name in names}


def _types(hint: Any) -> frozenset[type]:
    if isinstance(hint, UnionType):
        return frozenset().union(*map(_types, get_args(hint)))
    return frozenset({int, float}) if hint is float else frozenset({get_origin(hint) or hint})


def _plain_outcome(one: Any, where: str) -> Any:
    if type(one) not in (Response, Failure):
        if isinstance(one, (Response, Failure)):
            kind = "Response" if isinstance(one, Response) else "Failure"
            raise ValueError(
                f"returned {where} of type {type_of(one)}, and not a {kind} itself: {_LATER}; "
                f"return {kind}(...)"
            )
        return one
    changes = _checked(one, where)
    if type(one.timing) is Timing:
        _checked(one.timing, where)
    for attempt in one.earlier if _is_tuple(one.earlier) else ():
        if type(attempt) is not Attempt and isinstance(attempt, Attempt):
            raise _refused(where, "earlier", attempt, [Attempt])
        _checked(attempt, where)
    _check_redirects(one, where)
    return attrs.evolve(one, **changes) if changes else one


def _checked(value: Any, where: str) -> dict[str, Any]:
    """Return what is to be another value, since it is harmless and not plain."""
    kind: type = type(value)
    if kind not in (Response, Failure, Timing, Attempt):
        return {}  # of quite another type: that is told elsewhere
    changes = {}
    for name, types in _declared(kind).items():
        found = getattr(value, name)
        if type(found) in types or type(found) is bool:  # a bool where there should be none is told
            continue
        if (made := _ENUMS.get(type(found))) and type(made(found)) in types:
            changes[name] = made(found)
        elif isinstance(found, tuple(types)):
            raise _refused(where, name, found, types)
    return changes


def _check_redirects(one: Outcome, where: str) -> None:
    redirects = one.redirects if isinstance(one, Response) and _is_tuple(one.redirects) else ()
    for url in redirects:
        if type(url) is not str and isinstance(url, str):
            raise _refused(where, "redirects", url, [str])


def _refused(where: str, name: str, value: object, kinds: Iterable[type]) -> ValueError:
    """Return the error for a field, or a part of one, whose value is no plain one of its kind."""
    kind = next(kind.__name__ for kind in kinds if isinstance(value, kind))
    cure = f"{kind}(...)" if kind[0].isupper() else f"{kind}({name})"
    return ValueError(
        f"returned {where} with {name} of type {type_of(value)}, and not {kind} itself: {_LATER}; "
        f"return {cure}"
    )


def plain_rows(results: Sequence[Any]) -> list[Any]:
    """Return rows whose texts and numbers hold what they say; outcomes among them as they are."""
    rows = [one for one in results if type(one) is Row]
    wrong = list(_misfits(Row, rows))
    if not wrong:
        return list(results)
    return [_plain_row(one, wrong) if type(one) is Row else one for one in results]


def _plain_row(row: Row, names: Iterable[str]) -> Row:
    changes: dict[str, Any] = {}
    for name in names:
        value = getattr(row, name)
        kinds = [kind for kind in _INSIDE if isinstance(value, kind)]
        if kinds and type(value) not in _declared(Row)[name]:
            changes[name] = plain(value, kinds[0])
    return attrs.evolve(row, **changes)
