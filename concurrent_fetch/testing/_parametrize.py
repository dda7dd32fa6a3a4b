"""A pytest item for each part and check. pytest is imported when it is asked for."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.fetch import AsyncClient
from concurrent_fetch.testing._catalogue import CHECKS, checks_for
from concurrent_fetch.testing._check import CheckFailed
from concurrent_fetch.testing._subject import Part, subject_of
from concurrent_fetch.words import did_you_mean

Reasons: TypeAlias = Mapping[str, str]
ExpectedFailures: TypeAlias = Mapping[str, "str | Reasons"]
_Test = TypeVar("_Test", bound=Callable[..., object])


def parametrize_with_checks(
    parts: Sequence[Part], *, expected_failures: ExpectedFailures | None = None
) -> Callable[[_Test], _Test]:
    """Make a pytest item of each part and each check that is meant for it.

    A test with one parameter gets the check as a callable without arguments, one with two gets
    the part and the check. `expected_failures` maps the name of a check to the reason why it is
    not passed, or the name of a part to such a mapping of its own; an item that passes all the
    same is a failure (strict xfail).

    Raises:
        ImportError: pytest is not installed.
        UnknownNameError: `expected_failures` names no check or part that is here.
        ValueError: two parts have the same name.
        TypeError: a part is neither a client nor a strategy; the test has no place for a check.
    """
    pytest = _pytest()
    named = _named(parts)
    reasons = {name: _reasons(name, named, expected_failures or {}) for name in named}

    def parametrize(test: _Test) -> _Test:
        parameters = _parameters(test)
        items = [
            pytest.param(
                *((part, check) if len(parameters) == 2 else (partial(check, part),)),
                id=f"{name}-{check.name}",
                marks=_marks(pytest, reasons[name].get(check.name)),
            )
            for name, part in named.items()
            for check in checks_for(part)
        ]
        decorated: _Test = pytest.mark.parametrize(parameters, items)(test)
        return decorated

    return parametrize


def _pytest() -> Any:
    try:
        import pytest  # noqa: PLC0415 - only this function needs it, and not every user has it
    except ImportError as error:
        raise ImportError(
            "parametrize_with_checks makes tests for pytest, which is not installed: "
            "pip install pytest. check_client and check_strategy need no pytest"
        ) from error
    return pytest


def _named(parts: Sequence[Part]) -> dict[str, Part]:
    """Return the parts by name; where two are called the same, an async client is `…-async`."""
    names = [subject_of(part).name for part in parts]
    taken = Counter(names)
    named: dict[str, Part] = {}
    for name, part in zip(names, parts, strict=True):
        unique = f"{name}-async" if taken[name] > 1 and isinstance(part, AsyncClient) else name
        if unique in named:
            raise ValueError(f"two parts are called {unique!r}: rename one, or give each a test")
        named[unique] = part
    return named


def _reasons(part: str, named: Mapping[str, Part], expected: ExpectedFailures) -> Reasons:
    """Return what this part is expected to fail, and why."""
    found: dict[str, str] = {}
    for name, reason in expected.items():
        if isinstance(reason, str):
            found |= _known({name: reason})
        elif name not in named:
            raise _unknown("part", name, named)
        elif name == part:
            found |= _known(reason)
    return found


def _known(reasons: Reasons) -> Reasons:
    names = [check.name for check in CHECKS]
    for name in reasons:
        if name not in names:
            raise _unknown("check", name, names)
    return reasons


def _unknown(kind: str, name: str, names: Iterable[str]) -> UnknownNameError:
    return UnknownNameError(
        f"expected_failures: no {kind} is called {name!r}{did_you_mean(name, names)}. "
        f"There are {', '.join(names)}"
    )


def _parameters(test: Callable[..., object]) -> list[str]:
    names = [name for name in inspect.signature(test).parameters if name != "self"]
    if len(names) not in (1, 2):
        raise TypeError(
            "a test with checks has one parameter, as `def test_it(check): check()`, or two, as "
            f"`def test_it(part, check): check(part)`; this one has ({', '.join(names)})"
        )
    return names


def _marks(pytest: Any, reason: str | None) -> Sequence[Any]:
    if reason is None:
        return ()
    return (pytest.mark.xfail(reason=reason, raises=CheckFailed, strict=True),)
