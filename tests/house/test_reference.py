"""The reference shows every public name, and every public name says what it is."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import concurrent_fetch
from concurrent_fetch import clients, errors, server, testing

pytestmark = pytest.mark.once

PAGE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")


def names_of(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    return sorted(listed or (name for name in vars(module) if not name.startswith("_")))


PUBLIC = [
    (module, name)
    for module in (concurrent_fetch, clients, server, testing, errors)
    for name in names_of(module)
]
CLASSES = [public for module, name in PUBLIC if isinstance(public := getattr(module, name), type)]


def section(module: ModuleType) -> str:
    """Return the part of the page that is about a module; the face has all before the others."""
    first, *others = re.split(r"^## (concurrent_fetch\.\w+)$", PAGE, flags=re.MULTILINE)
    parts = dict(zip(others[::2], others[1::2], strict=True))
    return first if module is concurrent_fetch else parts[module.__name__]


@pytest.mark.parametrize(
    ("module", "name"), PUBLIC, ids=lambda value: getattr(value, "__name__", value)
)
def test_the_reference_shows_a_public_name(module: ModuleType, name: str) -> None:
    text = section(module)
    whole = f".. automodule:: {module.__name__}\n" in text
    shown = re.search(rf"(^\.\. \S+:: {name}\b|`{name}`)", text, re.MULTILINE)
    assert whole or shown, f"add {name} to docs/reference.md"


@pytest.mark.parametrize("public", CLASSES, ids=lambda public: public.__name__)
def test_a_public_class_and_its_methods_have_docstrings(public: type) -> None:
    assert (public.__doc__ or "").strip()
    kinds = (property, cached_property, classmethod, staticmethod)
    assert [
        name
        for name, member in vars(public).items()
        if not name.startswith("_")
        and (inspect.isfunction(member) or isinstance(member, kinds))
        and not (inspect.getdoc(member) or "").strip()
    ] == []


@pytest.mark.parametrize("public", CLASSES, ids=lambda public: public.__name__)
def test_a_public_attribute_says_what_it_is(public: type) -> None:
    """By a docstring below it, or by name in that of its class."""
    told = set(re.findall(r"`(\w+)(?:\(\w*\))?`", public.__doc__ or ""))
    silent = [name for name, said in attributes(public) if not said and name not in told]
    assert silent == [], f"write a docstring below these of {public.__name__}"


@pytest.mark.parametrize(
    ("module", "name"), PUBLIC, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_public_function_has_a_docstring(module: ModuleType, name: str) -> None:
    public = getattr(module, name)
    if inspect.isfunction(public):
        assert (public.__doc__ or "").strip()


def attributes(public: type) -> Iterator[tuple[str, bool]]:
    """Yield the public attributes that a class declares, and whether a docstring follows each."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(public))).body
    assert isinstance(definition, ast.ClassDef)
    following: list[Any] = [*definition.body[1:], None]
    for node, after in zip(definition.body, following, strict=True):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if not name.startswith("_"):
                    yield name, isinstance(after, ast.Expr)
