"""Calling: how a function is called, read from its signature before it is called.

A strategy gets the URLs, and the options if it takes them: by a parameter that is called `options`
or annotated `Options`, as a second required argument, or in its `*args`. What else has a default
keeps it, so `mine(urls, timeout=5)` keeps its 5. A function of one URL, for `each`, is called by
the same rules, but that no second argument is taken for the options.
"""

import ast
import contextlib
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

import attrs

from concurrent_fetch.model import Options

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ARGS, _KWARGS = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_UNIONS = ("Optional", "Union", "Annotated")
_MANY = re.compile(r"(?i)list|iter|sequence|collection|tuple|set|array")
_SINGULAR = ("url", "uri", "link")

_Parameter: TypeAlias = inspect.Parameter


class _Slot(Enum):
    """What stands for what will be given."""

    URLS = 1
    OPTIONS = 2


_URLS, _OPTIONS = _Slot


@attrs.frozen
class Calling:
    """What a function is called with."""

    arguments: tuple[object, ...]
    keywords: tuple[tuple[str, object], ...] = ()

    @property
    def takes_options(self) -> bool:
        """Whether the options are given at all."""
        return any(slot is _OPTIONS for slot in (*self.arguments, *dict(self.keywords).values()))

    def call(self, function: Callable[..., Any], what: object, options: Options) -> Any:
        """Call the function with the URLs, or with one, and the options if it takes them."""
        arguments = [_given(slot, what, options) for slot in self.arguments]
        keywords = {name: _given(slot, what, options) for name, slot in self.keywords}
        return function(*arguments, **keywords)


def _given(slot: object, what: object, options: Options) -> object:
    return what if slot is _URLS else options if slot is _OPTIONS else slot


BOTH = Calling((_URLS, _OPTIONS))
"""As every strategy is called whose signature is not known."""


def calling_of(function: Callable[..., Any], name: str) -> Calling:
    """Return how a strategy is called.

    Raises:
        TypeError: it cannot be called with URLs and options; the message says what to write.
    """
    parameters = _parameters_of(function)
    if parameters is None:
        return BOTH
    _check_takes_many(parameters, name)
    fixed = _fixed_by_partial(function)
    if any(isinstance(value, Options) for value in fixed.values()):
        raise TypeError(
            f"{name} has its options fixed, and the Runner's would not reach it; write "
            "with_options(strategy, concurrency=8)"
        )
    urls = _first(parameters, "urls")
    if urls is None:
        raise TypeError(_takes_no_urls(function, name))
    options = _options_in(parameters, fixed) or _second(parameters, urls)
    calling, missing = _filled(parameters, urls, options)
    if missing:
        raise TypeError(_needs_more(name, "the URLs and the options", missing))
    return calling


def calling_of_one(function: Callable[..., Any], name: str) -> Calling:
    """Return how a function of one URL is called.

    Raises:
        TypeError: it cannot be called with a URL and options; the message says what to write.
    """
    parameters = _parameters_of(function)
    if parameters is None:
        return Calling((_URLS,))
    url = _first(parameters, "url")
    if url is None:
        raise TypeError(f"{name} takes no URL; write def {name}(url): ... and fetch that")
    options = _options_in(parameters, _fixed_by_partial(function))
    calling, missing = _filled(parameters, url, None if options is url else options)
    if missing:
        raise TypeError(_needs_more(name, "the URL", missing))
    return calling


def _parameters_of(function: Callable[..., Any]) -> list[_Parameter] | None:
    try:
        return list(_signature_of(function).parameters.values())
    except (TypeError, ValueError):  # made in C, as some are
        return None


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except NameError:  # from Python 3.14 on: an annotation names what only type checkers import
        as_text = import_module("annotationlib").Format.STRING
        signature: Callable[..., inspect.Signature] = inspect.signature
        return signature(function, annotation_format=as_text)


def _first(parameters: Sequence[_Parameter], name: str) -> _Parameter | None:
    """Return the parameter for what is to be fetched: the one of that name, or the first."""
    named = [p for p in parameters if p.name == name and p.kind in (*_POSITIONAL, _KEYWORD)]
    rest = [p for p in parameters if not _is_for_options(p)]
    placed = [p for p in rest if p.kind in (*_POSITIONAL, _ARGS)]
    return next(iter([*named, *placed, *(p for p in rest if p.kind is _KWARGS)]), None)


def _options_in(parameters: Sequence[_Parameter], fixed: Mapping[str, Any]) -> _Parameter | None:
    return next((p for p in parameters if p.name not in fixed and _is_for_options(p)), None)


def _second(parameters: Sequence[_Parameter], urls: _Parameter) -> _Parameter | None:
    """Return the parameter that gets the options though it does not say so."""
    if urls.kind is _KWARGS:
        return urls
    placed = [p for p in parameters if p.kind in _POSITIONAL]
    if placed[:1] == [urls] and len(placed) > 1 and placed[1].default is _Parameter.empty:
        return placed[1]
    return next((p for p in parameters if p.kind is _ARGS), None)


def _filled(
    parameters: Sequence[_Parameter], urls: _Parameter, options: _Parameter | None
) -> tuple[Calling, list[str]]:
    """Return what to call with, and the names of what is missing then."""
    arguments: list[object] = []
    keywords: dict[str, object] = {}
    missing, last = list[str](), 0
    for p in parameters:
        slots = [_URLS] * (p is urls) + [_OPTIONS] * (p is options)
        if p.kind is _KWARGS:
            keywords |= zip(("urls", "options"), slots, strict=False)
        elif p.kind is _KEYWORD:
            keywords |= dict.fromkeys([p.name] * len(slots), *slots)
        elif slots:
            arguments += slots
            last = len(arguments)
        elif p.default is not _Parameter.empty:
            arguments.append(p.default)  # it keeps that; dropped where nothing follows
        if not slots and p.default is _Parameter.empty and p.kind in (*_POSITIONAL, _KEYWORD):
            missing.append(p.name)
    return Calling(tuple(arguments[:last]), tuple(keywords.items())), missing


def _is_for_options(parameter: _Parameter) -> bool:
    if parameter.kind in (_ARGS, _KWARGS):
        return False
    return parameter.name == "options" or _says_options(parameter.annotation)


def _says_options(annotation: object) -> bool:
    if isinstance(annotation, str):
        with contextlib.suppress(SyntaxError, ValueError):
            return _text_says_options(ast.parse(annotation, mode="eval").body)
        return False
    return annotation is Options or any(map(_says_options, _members_of(annotation)))


def _text_says_options(node: ast.expr) -> bool:
    """Whether an annotation that is text stands for `Options`, perhaps among others."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name == Options.__name__
        case ast.Constant(str(text)):
            return _says_options(text)
        case ast.BinOp(left, ast.BitOr(), right):
            return _text_says_options(left) or _text_says_options(right)
        case ast.Subscript(ast.Name(name) | ast.Attribute(attr=name), slice=inner):
            members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return name in _UNIONS and any(map(_text_says_options, members))
    return False


def _members_of(annotation: object) -> Iterator[object]:
    """Yield what a union or an `Annotated` stands for; not what a list or a dict holds."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        yield from (part for part in get_args(annotation) if not isinstance(part, str))


def _fixed_by_partial(function: object) -> Mapping[str, Any]:
    fixed: dict[str, Any] = {}
    while isinstance(function, functools.partial):
        fixed = {**function.keywords, **fixed}
        function = function.func
    return fixed


def _check_takes_many(parameters: Sequence[_Parameter], name: str) -> None:
    """Refuse what would take the list for something else: one URL, or the object of a method."""
    first = next(iter(parameters), None)
    if first is None or first.kind not in _POSITIONAL:
        return
    if first.name in _SINGULAR and not _MANY.search(str(first.annotation)):
        raise TypeError(
            f"{name} takes one {first.name}, and a strategy takes a list of URLs; write "
            f"cf.each({name})"
        )
    if first.name == "self":
        raise TypeError(f"{name} is a method without its object; pass it of one: object.{name}")


def _takes_no_urls(function: object, name: str) -> str:
    if inspect.isclass(function):
        return f"{name} is a class that takes no URLs; pass an object of it: {name}()"
    return f"{name} takes no URLs; write def {name}(urls): ... and fetch those"


def _needs_more(name: str, given: str, missing: Sequence[str]) -> str:
    rest = ", ".join(f"{one}=..." for one in missing)
    return f"{name} needs more than {given}; give it the rest: functools.partial({name}, {rest})"
