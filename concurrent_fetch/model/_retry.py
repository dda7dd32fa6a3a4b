"""Retry: which outcomes are tried again, how often, and how long to wait before.

The names are those of stamina, where it has one, and urllib3's where not.
"""

import inspect
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.model._other_words import RETRY_WORDS
from concurrent_fetch.model._outcome import Failure, Outcome
from concurrent_fetch.words import (
    Home,
    Rule,
    called,
    described,
    did_you_mean,
    hinted,
    is_number,
    is_whole,
    seconds,
    whole,
)

Reasons: TypeAlias = frozenset[FailureKind | int] | Callable[[Outcome], bool]
"""Kinds and statuses, or a function that is told the outcome."""

WORTH_ANOTHER: frozenset[FailureKind | int] = frozenset(
    {
        FailureKind.CONNECT,
        FailureKind.TIMEOUT,
        FailureKind.DISCONNECTED,
        FailureKind.INCOMPLETE,
        *(408, 429, 500, 502, 503, 504),
    }
)
"""What may be better the next time. `dns` is not: it cannot be told from "no such name"."""

_SHARE = Rule(is_number, "a number", lambda value: 0 <= value <= 1, "from 0 to 1")
_BUDGET = Rule(
    is_number, "a number", lambda value: 0 <= value <= 1e6, "retries per first try, at least 0"
)


def _as_reasons(value: Any) -> Reasons:
    if isinstance(value, type):
        raise TypeError(
            f"Retry.on must be a function of an outcome, or a set of kinds and statuses, got the "
            f"class {value.__name__}; failures are told by their kind, as on={{'timeout'}}"
        )
    if callable(value):
        functions = (value, type(value).__call__)
        if any(map(inspect.iscoroutinefunction, functions)):
            raise TypeError("Retry.on must be a plain function, got an async one")
        return value  # type: ignore[no-any-return]  # a function of an outcome
    if isinstance(value, (str, int)) or not isinstance(value, Collection):
        shown = f"{{{str(value)!r}}}" if isinstance(value, str) else f"{{{value!r}}}"
        hint = f"; write on={shown}" if isinstance(value, (str, int)) else ""
        raise TypeError(
            "Retry.on must be a set of kinds of failure and of status codes, or a function of an "
            f"outcome, got {type(value).__name__}{hint}"
        )
    if not value:
        raise ValueError(
            "Retry.on must hold at least one kind or status; for none write retry=None"
        )
    return frozenset(map(_as_reason, value))


def _as_reason(value: Any) -> FailureKind | int:
    if is_whole(value):
        if not 100 <= value <= 999:
            raise ValueError(f"Retry.on must hold statuses from 100 to 999, got {value!r}")
        return int(value)
    if isinstance(value, str) and value.isdecimal():
        raise TypeError(f"Retry.on must hold statuses as int, got {str(value)!r}; write {value}")
    if value not in list(FailureKind):
        hint = did_you_mean(value, map(str, FailureKind)) if isinstance(value, str) else ""
        raise ValueError(
            f"Retry.on must hold kinds of failure and status codes, got {value!r}{hint}; the kinds "
            f"are {', '.join(kind for kind in FailureKind if kind != FailureKind.CANCELLED)}"
        )
    if value == FailureKind.CANCELLED:
        raise ValueError("Retry.on cannot hold 'cancelled': the run was stopped, or is over")
    return FailureKind(value)


def _shown(reasons: Reasons) -> str:
    """The same words as one writes them, kinds first; of a function its name, nothing it holds."""
    if callable(reasons):
        return called(reasons)
    kinds = sorted(str(reason) for reason in reasons if isinstance(reason, FailureKind))
    statuses = sorted(reason for reason in reasons if not isinstance(reason, FailureKind))
    return f"{{{', '.join([*map(repr, kinds), *map(repr, statuses)])}}}"


def _names() -> list[str]:
    return [field.name for field in attrs.fields(Retry)]


@described
@hinted(Home("Retry({})", _names, RETRY_WORDS), noun="field")
@attrs.frozen(kw_only=True)
class Retry:
    """Which outcomes are tried again, how often, and how long to wait before.

    A fetch that waits for its next try holds no slot. The wait after the n-th try is
    `min(wait_max, wait_initial · 2ⁿ⁻¹)`, of which up to `wait_jitter` is taken off at random; a
    `Retry-After` is kept if it is longer, and the whole host rests as long.

    Raises:
        TypeError, ValueError: with the field, the value and the rule it broke.
    """

    attempts: int = attrs.field(default=3, validator=whole(1).of_field)
    """Tries in all, the first among them."""
    on: Reasons = attrs.field(default=WORTH_ANOTHER, converter=_as_reasons, repr=_shown, hash=False)
    """Kinds of failure and statuses, or a function that is told the outcome, body included."""
    wait_initial: Seconds = attrs.field(default=0.5, validator=seconds(least=0).of_field)
    """Before the second try, at most; twice as long before the next, and so on."""
    wait_max: Seconds = attrs.field(default=30.0, validator=seconds(least=0).of_field)
    """The longest wait that is not the server's wish."""
    wait_jitter: float = attrs.field(default=0.5, validator=_SHARE.of_field)
    """How much of a wait is left to chance, so that not all come back at once; 0: nothing."""
    timeout: Seconds | None = attrs.field(
        default=None, validator=seconds(above=0, none="None for no limit").of_field
    )
    """From the first start of a fetch: no try is planned for later. None: no limit."""
    retry_after_max: Seconds = attrs.field(default=300.0, validator=seconds(least=0).of_field)
    """Where `Retry-After` asks for more, the outcome is final at once."""
    budget: float = attrs.field(default=0.2, validator=_BUDGET.of_field)
    """Retries of the run: at most 10, and this many per URL whose first try is over. So a server
    that is down is not asked three times as often."""

    def __str__(self) -> str:
        """Return it as it may be written: the attempts, and what is not as usual."""
        usual, fields = Retry(), attrs.fields(Retry)
        told = [
            f"{field.name}={field.repr(value) if callable(field.repr) else repr(value)}"
            for field in fields
            if (value := getattr(self, field.name)) != getattr(usual, field.name)
            or field.name == "attempts"
        ]
        return f"Retry({', '.join(told)})"

    def concerns(self, outcome: Outcome) -> bool:
        """Whether the outcome is one to be tried again, as far as `on` says."""
        if isinstance(outcome, Failure) and outcome.kind is FailureKind.CANCELLED:
            return False
        if callable(self.on):
            return bool(self.on(outcome))
        return (outcome.kind if isinstance(outcome, Failure) else outcome.status_code) in self.on

    def allowance(self, begun: int) -> float:
        """Return how many retries a run may have made when so many URLs were begun."""
        return _FREE + self.budget * begun


_FREE = 10


def as_retry(value: Any) -> Retry | None:
    """Return what `Options.retry` says: a number is that of the attempts.

    Raises:
        TypeError, ValueError: with what to write instead.
    """
    if value is None or isinstance(value, Retry):
        return value
    if is_whole(value):
        if value < 1:
            raise ValueError(
                f"Options.retry must be at least 1, since it counts the first try, got {value}; "
                "write retry=None for no retries"
            )
        return Retry(attempts=value)
    raise TypeError(
        "Options.retry must be a Retry, a number of attempts or None, got "
        f"{type(value).__name__}; write retry=3 or retry=Retry(attempts=3)"
    )
