"""Failures: what was not answered, or answered by a refusal, sorted by what it was or by host."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.http import host_of
from concurrent_fetch.model._outcome import Failure, Outcome
from concurrent_fetch.words import did_you_mean


def is_failed(outcome: Outcome) -> bool:
    """Whether it is a failure, or a response whose status is 400 or above."""
    return isinstance(outcome, Failure) or outcome.status_code >= 400


def sorted_by(by: Any, outcomes: Iterable[Outcome]) -> dict[Any, tuple[Outcome, ...]]:
    """Return those that failed by one fact of them, the largest group first.

    Raises:
        UnknownNameError: there is no such fact.
    """
    if by not in _FACTS:
        raise UnknownNameError(
            f"failures are sorted by {', '.join(map(repr, _FACTS))}, not by {by!r}"
            f"{did_you_mean(by, _FACTS) if isinstance(by, str) else ''}"
        )
    groups = defaultdict[Any, list[Outcome]](list)
    for outcome in filter(is_failed, outcomes):
        fact = _FACTS[by](outcome)
        if fact is not None:
            groups[fact].append(outcome)
    largest_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    return {fact: tuple(group) for fact, group in largest_first}


_FACTS: Mapping[str, Callable[[Outcome], Any]] = {
    "kind": lambda outcome: outcome.kind if isinstance(outcome, Failure) else None,
    "status": lambda outcome: None if isinstance(outcome, Failure) else outcome.status_code,
    "host": lambda outcome: host_of(outcome.url),
}
"""How each is read; None of what it says nothing of."""
