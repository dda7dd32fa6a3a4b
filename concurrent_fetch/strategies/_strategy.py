"""Strategies: what runs when. Any callable is one; names lead to the built-in ones."""

import functools
import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import attrs

from concurrent_fetch.fetch import AsyncClient, Client
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options, Outcome, Retry, check_options, options_home
from concurrent_fetch.strategies._calling import Calling, calling_of
from concurrent_fetch.strategies._loops import check_runs_here
from concurrent_fetch.words import hint

_DEFAULTS = Options()
_CHANGES = options_home("with_options(strategy, {})")


class Strategy(Protocol):
    """Fetches a URL set: one outcome per URL, in any order.

    A plain function, `async def`, a generator or an async generator: told apart by what the call
    returned, so partials, methods and objects with `__call__` serve as well.

    A `Runner` takes other code that fetches, too. It is called without the options unless its
    signature asks for them, and what it returns may be responses of other libraries, bodies,
    `(url, body)` or `(url, length)` pairs, exceptions, or nothing: "Writing a strategy" has the
    rules. `each` makes a strategy of a function of one URL.
    """

    def __call__(
        self, urls: list[str], options: Options, /
    ) -> Iterable[Outcome] | AsyncIterable[Outcome] | Awaitable[Iterable[Outcome]]:
        """Fetch all `urls` under `options`."""
        ...


AnyStrategy: TypeAlias = Strategy | Callable[..., object]
"""What a Runner takes: any code that fetches, whatever it takes besides the URLs and returns."""


@attrs.frozen(repr=False)
class ConfiguredStrategy:
    """A strategy with some options changed, or on another loop; see `with_options`, `with_loop`."""

    strategy: AnyStrategy
    changes: tuple[tuple[str, Any], ...]
    loop: str | None = None
    _calling: Calling = attrs.field(
        default=attrs.Factory(lambda self: how_called(self.strategy), takes_self=True),
        init=False,
        eq=False,
    )

    def __call__(
        self, urls: list[str], options: Options = _DEFAULTS, /, **keywords: Any
    ) -> Iterable[Outcome] | AsyncIterable[Outcome] | Awaitable[Iterable[Outcome]]:
        """Run the strategy with its own options in place of those given.

        Keywords are the strategy's own, as a partial gives them.

        Raises:
            EventLoopError: it has a loop, and this is none of that kind.
        """
        if self.loop is not None:
            check_runs_here(self.loop, name_of(self))
        function: AnyStrategy = self.strategy
        if keywords:
            function = functools.partial(function, **keywords)
        found: Awaitable[Iterable[Outcome]] = self._calling.call(
            function, urls, self.applied_to(options)
        )
        return found

    def applied_to(self, options: Options) -> Options:
        """Return `options` with the changes of this strategy."""
        check_options(options)
        return attrs.evolve(options, **dict(self.changes))

    def __repr__(self) -> str:
        return name_of(self)


def how_called(strategy: AnyStrategy) -> Calling:
    """Return how a strategy is called.

    Raises:
        TypeError: it cannot be called with URLs and options; the message says what to write.
    """
    return calling_of(strategy, name_of(strategy))


def with_options(strategy: AnyStrategy, **changes: Any) -> ConfiguredStrategy:
    """Return the same strategy with some options changed, whatever options it is called with.

    Changes upon changes add up; of two to the same option the outer one, made later, holds.

    >>> from concurrent_fetch import fetch_threaded
    >>> eight = with_options(fetch_threaded, concurrency=8)

    Raises:
        TypeError: there is no such option, or its value is of the wrong type; the strategy takes
            no options.
        ValueError: the value breaks a rule of `Options`.
    """
    if not callable(strategy):
        raise TypeError(f"a strategy must be callable, got {strategy!r}")
    function, before, loop = taken_apart(strategy)
    if not how_called(function).takes_options:
        name = name_of(function)
        raise TypeError(
            f"{name} takes no options, so changed ones cannot reach it; write "
            f"def {name}(urls, options): ... and heed those"
        )
    names = _CHANGES.names()
    if unknown := {name: value for name, value in changes.items() if name not in names}:
        raise TypeError(hint("Options", "field", names, unknown, [_CHANGES]))
    changes = dict(before) | changes
    # As Options keeps them: checked, hashable, and headers that hide their secrets.
    checked = attrs.evolve(Options(), **changes)
    return ConfiguredStrategy(
        function, tuple((name, getattr(checked, name)) for name in changes), loop
    )


def taken_apart(
    strategy: AnyStrategy,
) -> tuple[AnyStrategy, tuple[tuple[str, Any], ...], str | None]:
    """Return what is called below all changes, partials included; the changes; and the loop."""
    if isinstance(strategy, ConfiguredStrategy):
        function, changes, loop = taken_apart(strategy.strategy)
        return function, (*changes, *strategy.changes), strategy.loop or loop
    if isinstance(strategy, functools.partial) and any(configured_in(strategy)):
        function, changes, loop = taken_apart(strategy.func)
        return functools.partial(function, *strategy.args, **strategy.keywords), changes, loop
    return strategy, (), None


def configured_in(strategy: object) -> "Iterator[ConfiguredStrategy]":
    """Yield what `with_options` and `with_loop` made of a strategy, the outer one first."""
    return (layer for layer, _ in layers_of(strategy) if isinstance(layer, ConfiguredStrategy))


def effective_options(strategy: object, options: Options) -> Options:
    """Return the options that the strategy will work under when called with `options`."""
    for layer in configured_in(strategy):
        options = layer.applied_to(options)
    return options


def under(strategy: AnyStrategy, options: Options, **changes: Any) -> tuple[AnyStrategy, Options]:
    """Return a strategy and options for it so that these changes hold, whatever it changes itself.

    For what belongs to a run and not to a strategy, as who is told of its progress.
    """
    if any(layer.changes for layer in configured_in(strategy)):
        strategy = with_options(strategy, **changes)
    return strategy, attrs.evolve(options, **changes)


def name_of(strategy: object) -> str:
    """Return what a strategy is called: its function, what partials and changes give it, its loop.

    However often it was wrapped there is one pair of brackets: the keywords of partials, then
    changed options, then the loop; of two that say the same thing the outer one, which holds.
    """
    arguments: tuple[object, ...] = ()
    keywords: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    loops: list[str] = []
    is_called = False
    for layer, _ in layers_of(strategy):
        if isinstance(layer, functools.partial):
            arguments = (*layer.args, *arguments)
            keywords = layer.keywords | keywords
            is_called = True
        elif isinstance(layer, ConfiguredStrategy):
            changes = dict(layer.changes) | changes
            loops += [layer.loop] if layer.loop is not None else []
            is_called = True
    function = function_of(strategy)
    named = getattr(function, "__name__", None)
    name = named if isinstance(named, str) else type(function).__name__
    if not is_called:
        return name
    shown = [_shown(value) for value in arguments]
    shown += [
        f"{key}={_shown(value, is_client=key == 'client')}"
        for key, value in (*keywords.items(), *changes.items())
    ]
    shown += [f"loop={loop!r}" for loop in loops[:1]]
    name, at, where = name.partition(" @ ")
    return f"{name}({', '.join(shown)}){at}{where}"


def _shown(value: object, *, is_client: bool = False) -> str:
    """A client's name, a number, a bool; of anything else its type, since it may be a secret."""
    if isinstance(value, (Client, AsyncClient)):
        return repr(redact(value.name))
    if is_client and isinstance(value, str):
        return repr(redact(value))
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, Retry):
        return str(value)  # it holds no secret
    return f"<{type(value).__name__}>"


def innermost(strategy: object) -> tuple[object, dict[str, Any]]:
    """Return what is called in the end, and the keywords that partials give it."""
    layers = list(layers_of(strategy))
    given: dict[str, Any] = {}
    for _, keywords in layers:
        given = {**keywords, **given}
    return layers[-1][0], given


def function_of(strategy: object) -> object:
    """Return what is called in the end, below partials and changed options."""
    return innermost(strategy)[0]


def is_async(strategy: object) -> bool:
    """Whether what is called in the end is an `async` function, or an async generator."""
    function = function_of(strategy)
    call = getattr(function, "__call__", None)  # noqa: B004 - of an object, whose method it may be
    return any(
        inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f) for f in (function, call)
    )


def layers_of(strategy: object) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """Yield a strategy, what it wraps, and so on; each with the keywords it gives."""
    while True:
        if isinstance(strategy, functools.partial):
            yield strategy, strategy.keywords
            strategy = strategy.func
        elif isinstance(strategy, ConfiguredStrategy):
            yield strategy, {}
            strategy = strategy.strategy
        else:
            yield strategy, {}
            return
