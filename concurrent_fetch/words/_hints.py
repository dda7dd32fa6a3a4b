"""Hints: what the TypeError of a call says to write instead, and what help() says of fields.

A signature stays as it is written, for people and for type checkers, and takes no `**kwargs`. A
call is looked at only when it has failed, and its fields are read only when somebody asks for help.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self, SupportsIndex, TypeVar

from concurrent_fetch.words._text import did_you_mean, nearest

_NOTHING: Mapping[str, str] = MappingProxyType({})
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_MANY = 9
_DOCS, _INIT = "__doc__", "__init__"  # by name: type checkers know no class that changes

_Callable = TypeVar("_Callable", bound=Callable[..., Any])
_Class = TypeVar("_Class", bound=type)


class Home(NamedTuple):
    """Where keywords belong that a call does not have itself."""

    code: str
    """What to write, with {} for the keywords: "Runner(urls, {})"."""
    names: Callable[[], Collection[str]]
    """Of the keywords that it has; asked for when a call has failed."""
    other_words: Mapping[str, str] = _NOTHING
    """What they are called elsewhere, and how that is written here, with {} for the value."""
    missing: Mapping[str, str] = _NOTHING
    """What others have and it has not, with what to do."""

    def keyword(self, word: str, value: str) -> str | None:
        """Return how a keyword is written here; None if it is none of these."""
        if word in self.other_words:
            return self.other_words[word].format(value)
        return f"{word}={value}" if word in self.names() else None


def hinted(
    *homes: Home, noun: str = "argument", by_name: str = ""
) -> Callable[[_Callable], _Callable]:
    """Return what makes a function or a class say, of a keyword that it has not, what to write.

    `by_name` is how a call is written, said where more is given without names than it takes so.
    It costs one call more: for what is called once per run, and not for each fetch.
    """

    def decorated(called: _Callable) -> _Callable:
        public: object = called
        if isinstance(public, type):
            initialize = _telling(vars(public)[_INIT], public.__name__, homes, noun, by_name)
            setattr(public, _INIT, initialize)
            return called
        return _telling(called, called.__qualname__, homes, noun, by_name)

    return decorated


def _telling(
    function: _Callable, name: str, homes: tuple[Home, ...], noun: str, by_name: str
) -> _Callable:
    @functools.wraps(function)
    def telling(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except TypeError:
            if by_name and _has_too_many(function, args):
                raise TypeError(f"{name} takes more by name only; write {by_name}") from None
            if not (unknown := _unknown(function, args, kwargs)):
                raise
        own = [word for word in _words_of(function) if word != "self"]
        raise TypeError(hint(name, noun, own, unknown, homes))

    if inspect.iscoroutinefunction(function):
        _mark_coroutine_function(telling)
    return telling  # type: ignore[return-value]  # called as the function is


def _mark_coroutine_function(function: Any) -> None:
    """Let `inspect` see it as what it wraps, although its arguments are looked at in the call."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(function)
    elif sys.implementation.name == "cpython":  # of 3.11, where nothing but `inspect` reads it
        code = function.__code__
        function.__code__ = code.replace(co_flags=code.co_flags | inspect.CO_COROUTINE)


def _unknown(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Mapping[str, object]:
    """Return the keywords that the function does not have, if it could not be called for them."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        own = _words_of(function)
        return {word: value for word, value in kwargs.items() if word not in own}
    return {}  # it was called, and what it raised is its own


def _has_too_many(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether more is given without names than the function takes so."""
    try:
        inspect.signature(function).bind_partial(*args)
    except TypeError:
        return True
    return False


def _words_of(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind in _BY_NAME]


def hint(
    name: str,
    noun: str,
    own: Collection[str],
    unknown: Mapping[str, object],
    homes: Collection[Home],
) -> str:
    """Return what to say of keywords that a call has not: where they belong, or what is near."""
    written: dict[str, list[str]] = {}
    lacking, said = [], []
    for word, value in unknown.items():
        near = ""
        if found := _at_home(word, _shown(value), homes):
            code, keyword = found
            written.setdefault(code, []).append(keyword)
        elif missing := next((home.missing[word] for home in homes if word in home.missing), ""):
            said.append(missing if len(unknown) == 1 else f"{word}: {missing}")
        else:
            near = _near(word, own, homes)
        lacking.append(f"{word!r}{near}")
    if written:
        codes = [code.format(", ".join(keywords)) for code, keywords in written.items()]
        said.append(f"write {' and '.join(codes)}")
    elif not said and not any("(" in word for word in lacking) and len(own) in range(1, _MANY):
        said.append(f"it has {', '.join(own)}")
    return "; ".join([f"{name} has no {noun} {', '.join(lacking)}", *said])


def _at_home(word: str, value: str, homes: Collection[Home]) -> tuple[str, str] | None:
    for home in homes:
        if keyword := home.keyword(word, value):
            return home.code, keyword
    return None


def _near(word: str, own: Collection[str], homes: Collection[Home]) -> str:
    if close := did_you_mean(word, own):
        return close
    for home in homes:
        if near := nearest(word, home.names()):
            return f" (did you mean {home.code.format(f'{near}=...')}?)"
    return ""


def _shown(value: object) -> str:
    """A number or a flag; anything else may be long, or a secret."""
    plain = value is None or isinstance(value, (bool, int, float))
    return repr(value) if plain else "..."


class _Docs(str):
    """The docstring of a class and of its fields, read from the source when it is first asked for.

    The words of a field stand below it, where editors show them, and nowhere else. It is a `str`,
    the docstring as written, since pydoc reads it past the class where that is an abstract one, and
    then calls `expandtabs`.
    """

    __slots__ = ("_class", "_whole")
    _class: type
    _whole: str

    @classmethod
    def of(cls, described: type) -> Self:
        docs = cls(inspect.cleandoc(described.__doc__ or ""))
        docs._class = described
        docs._whole = ""
        return docs

    @property
    def whole(self) -> str:
        if not self._whole:
            fields = "\n".join(_fields_of(self._class))
            self._whole = f"{self}\n\nFields:\n{fields}\n" if fields else str(self)
        return self._whole

    def __get__(self, instance: object, owner: type | None = None) -> str:
        return self.whole

    def expandtabs(self, tabsize: SupportsIndex = 8) -> str:
        return self.whole.expandtabs(tabsize)


def described(cls: _Class) -> _Class:
    """Let help() of a class of attrs show every field, with its type, its default and its words."""
    setattr(cls, _DOCS, _Docs.of(cls))
    return cls


def _fields_of(cls: type) -> Iterator[str]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    except (OSError, SyntaxError):  # there is no source here
        return
    [body] = [n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__]
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield f"    {node.target.id}: {ast.unparse(node.annotation)}{_default(node.value)}"
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                for line in inspect.cleandoc(str(after.value.value)).splitlines():
                    yield f"        {line}"


def _default(value: ast.expr | None) -> str:
    """Return the default of a field as it is written, if it has one."""
    if isinstance(value, ast.Call):  # attrs.field(default=...)
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
        default = given.get("default")
        if "factory" in given:
            default = f"{given['factory']}()"
        return "" if default is None else f" = {default}"
    return "" if value is None else f" = {ast.unparse(value)}"
