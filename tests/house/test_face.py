"""The face of the package: its names are whole, sorted, documented, and cost nothing unused."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from importlib.resources import files

import pytest

import concurrent_fetch

# What would make `import concurrent_fetch` slow; each is imported by whoever asks for it.
HEAVY = {"requests", "aiohttp", "httpx", "tqdm", "argparse", "urllib3", "httpcore", "yarl", "numpy"}


MODULES = ["clients", "errors", "server", "testing"]
FOR_CHECKERS = ast.parse((files(concurrent_fetch) / "__init__.pyi").read_text("utf-8"))


def in_a_fresh_process(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_names_are_sorted() -> None:
    assert concurrent_fetch.__all__ == sorted(concurrent_fetch.__all__)


def test_type_checkers_see_each_name_where_it_comes_from() -> None:
    *imports, names = FOR_CHECKERS.body
    assert isinstance(names, ast.Assign)
    assert ast.literal_eval(names.value) == concurrent_fetch.__all__
    nodes = [node for node in imports if isinstance(node, ast.ImportFrom)]
    assert len(nodes) == len(imports)
    seen = {alias.name: f"{node.module}" for node in nodes for alias in node.names}
    assert [name for name, module in seen.items() if module == "concurrent_fetch"] == MODULES
    for name in concurrent_fetch.__all__:
        assert getattr(concurrent_fetch, name) is getattr(import_module(seen.pop(name)), name)
    assert sorted(seen) == MODULES


def test_importing_it_imports_nothing_else_of_it() -> None:
    loaded = in_a_fresh_process("import sys, concurrent_fetch; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith("concurrent_fetch")] == ["concurrent_fetch"]


@pytest.mark.parametrize("name", MODULES)
def test_a_public_module_needs_no_import_of_its_own(name: str) -> None:
    code = f"import concurrent_fetch as cf; print(cf.{name}.__name__)"
    assert in_a_fresh_process(code) == f"concurrent_fetch.{name}\n"


def test_what_is_not_there_is_no_attribute() -> None:
    name = "fetch_sinc"
    with pytest.raises(
        AttributeError, match="'concurrent_fetch' has no attribute 'fetch_sinc'"
    ) as e:
        getattr(concurrent_fetch, name)
    assert (e.value.name, e.value.obj) == (name, concurrent_fetch)  # for "Did you mean"


def test_all_names_can_be_imported_at_once_and_are_listed() -> None:
    names = [*concurrent_fetch.__all__, *MODULES]
    assert dir(concurrent_fetch) == sorted(names)
    code = (
        "from concurrent_fetch import *; print(*sorted(n for n in dir() if n[0] != '_'), sep=',')"
    )
    assert in_a_fresh_process(code) == ",".join(sorted(concurrent_fetch.__all__)) + "\n"


def test_its_docstring_names_all_that_is_public() -> None:
    table = (concurrent_fetch.__doc__ or "").split("\n\n")[1]
    told = re.findall(r"\w+", re.sub(r"^[A-Z][a-z ]+:", "", table, flags=re.MULTILINE))
    assert sorted(told) == sorted([*concurrent_fetch.__all__, *MODULES])


def test_help_begins_with_the_public_names() -> None:
    head = in_a_fresh_process("import concurrent_fetch; help(concurrent_fetch)")
    head = head.partition("PACKAGE CONTENTS")[0]
    assert [name for name in [*concurrent_fetch.__all__, *MODULES] if name not in head] == []


@pytest.mark.parametrize("name", concurrent_fetch.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    public = getattr(concurrent_fetch, name)
    if name == "Outcome":  # an alias of a union has no docstring of its own
        return
    assert (public.__doc__ or "").strip(), f"{name} has no docstring"
    undocumented = [
        member
        for member, value in vars(public).items()
        if not member.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property | classmethod))
        and not (inspect.getdoc(value) or "").strip()
    ]
    assert not undocumented, f"members of {name} without a docstring"


def test_the_types_are_shipped() -> None:
    assert (files(concurrent_fetch) / "py.typed").is_file()


def test_using_it_imports_no_client_and_no_front_end() -> None:
    loaded = in_a_fresh_process("import sys; from concurrent_fetch import *; print(*sys.modules)")
    assert {name.partition(".")[0] for name in loaded.split()} & HEAVY == set()


def test_a_client_is_imported_when_it_is_asked_for() -> None:
    in_a_fresh_process(
        "import sys; from concurrent_fetch.clients import httpx_client; "
        "assert 'httpx' in sys.modules; assert 'requests' not in sys.modules"
    )
