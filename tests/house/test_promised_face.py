"""What 0.1 promised by name is still there: nothing of `face_0_1.txt` is gone or changed.

The file lists every public name, every member of a public class, every parameter and what is
returned. New names may come, parameters that have defaults, and further types that a parameter
takes. It was written by `python tests/house/test_promised_face.py` and is never written again: what
a later version promises gets a file of its own.
"""

import enum
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import attrs
import pytest

import concurrent_fetch
from concurrent_fetch import clients, errors, server, testing

MODULES = (concurrent_fetch, clients, server, testing, errors)
TAKES = ", takes "


def promises() -> Iterator[str]:
    for module in MODULES:
        for name in sorted(names_of(module)):
            yield from told(f"{module.__name__}.{name}", getattr(module, name))


def names_of(module: ModuleType) -> list[str]:
    return getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if isinstance(value, type)
    ]


def told(name: str, public: Any) -> Iterator[str]:
    """Yield a line for a public thing, and one for each of its members or parameters."""
    if isinstance(public, type):
        bases = ", ".join(base.__name__ for base in public.__bases__)
        yield f"{name}: class of {bases}"
        if "__init__" in vars(public) and Protocol not in public.__bases__:
            yield from parameters(name, public)
        for member in sorted({*members(public), *fields(public)}):
            yield from told_of_member(f"{name}.{member}", vars(public).get(member))
    elif inspect.isfunction(public):
        yield from parameters(name, public)
    else:
        kind = type(public).__name__
        yield f"{name}: {'UnionType' if kind == 'Union' else kind}"  # as Python 3.14 calls it


def members(public: type) -> Iterator[str]:
    return (name for name in vars(public) if not name.startswith("_"))


def fields(public: type) -> Iterator[str]:
    if attrs.has(public):
        yield from (field.name for field in attrs.fields(public) if field.name[0] != "_")


def told_of_member(name: str, member: Any) -> Iterator[str]:
    if isinstance(member, (classmethod, staticmethod)):
        member = member.__func__
    if isinstance(member, enum.Enum):
        yield f"{name} = {member.value!r}"
    elif inspect.isfunction(member):
        yield from parameters(name, member)
    elif isinstance(member, property):
        yield f"{name}: {shown(member.fget.__annotations__.get('return'))}"
    elif isinstance(member, cached_property):
        yield f"{name}: {shown(member.func.__annotations__.get('return'))}"
    else:
        yield f"{name}: attribute"


def parameters(name: str, function: Callable[..., Any]) -> Iterator[str]:
    signature = inspect.signature(function)
    kind = "async " if inspect.iscoroutinefunction(function) else ""
    yield f"{name}: {kind}callable, gives {shown(signature.return_annotation)}"
    for place, parameter in enumerate(signature.parameters.values()):
        if parameter.name in ("self", "cls"):
            continue
        where = "" if parameter.kind is parameter.KEYWORD_ONLY else f", at {place}"
        default = "" if parameter.default is parameter.empty else f" = {shown(parameter.default)}"
        what = f"{name}({parameter.name}{default}), {parameter.kind.description}{where}"
        yield f"{what}{TAKES}{shown(parameter.annotation)}"


def shown(value: Any) -> str:
    """Return a type or a default in words that do not tell in which module it stands."""
    if value == concurrent_fetch.Options():
        return "Options()"
    if value is inspect.Signature.empty:
        return "anything"
    text = inspect.formatannotation(value) if isinstance(value, type) else str(value)
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z~])", "", text)
    return text.replace("'", "")


def split(lines: Iterable[str]) -> dict[str, set[str]]:
    """Return what is promised, each with the words of the types that it takes."""
    pairs = (line.partition(TAKES) for line in lines)
    return {what: set(re.findall(r"\w+", types)) for what, _, types in pairs}


PROMISED = split(Path(__file__).with_name("face_0_1.txt").read_text("utf-8").splitlines())


@pytest.fixture(scope="module")
def now() -> dict[str, set[str]]:
    return split(promises())


def test_what_was_promised_is_still_there(now: dict[str, set[str]]) -> None:
    assert [what for what in PROMISED if what not in now] == []


def test_a_parameter_takes_all_that_it_took(now: dict[str, set[str]]) -> None:
    lost = {what: types - now[what] for what, types in PROMISED.items() if what in now}
    assert {what: types for what, types in lost.items() if types} == {}


def test_a_parameter_that_came_later_has_a_default(now: dict[str, set[str]]) -> None:
    callables = {what.partition("(")[0] for what in PROMISED if "(" in what}
    later = [what for what in now if "(" in what and what not in PROMISED]
    assert [what for what in later if what.partition("(")[0] in callables and "=" not in what] == []


def test_the_list_is_of_what_it_was() -> None:
    assert "concurrent_fetch.Options(timeout = 30.0), keyword-only" in PROMISED
    assert len(PROMISED) > 600


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in promises())
