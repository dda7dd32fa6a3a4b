"""The face of the package: its names are whole, sorted, documented and cheap to import."""

import ast
import inspect
import json
import subprocess
import sys
from importlib.resources import files

import pytest

import concurrent_fetch

# What would make `import concurrent_fetch` slow; each is imported by whoever asks for it.
HEAVY = {"requests", "aiohttp", "httpx", "tqdm", "argparse", "urllib3", "httpcore", "yarl", "numpy"}


def face() -> ast.Module:
    path = inspect.getsourcefile(concurrent_fetch)
    assert path is not None
    return ast.parse(inspect.getsource(concurrent_fetch), path)


def test_the_names_are_sorted() -> None:
    assert concurrent_fetch.__all__ == sorted(concurrent_fetch.__all__)


def test_what_is_imported_is_offered_and_the_reverse() -> None:
    imported = {
        alias.asname or alias.name
        for node in face().body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(concurrent_fetch.__all__)


def test_the_face_holds_a_docstring_imports_and_its_names_and_nothing_else() -> None:
    docstring, *imports, names = face().body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    assert isinstance(names, ast.Assign)


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


def test_importing_it_imports_no_client_and_no_front_end() -> None:
    code = "import json, sys, concurrent_fetch; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    loaded = {name.partition(".")[0] for name in json.loads(output)}
    assert loaded & HEAVY == set()


def test_a_client_is_imported_when_it_is_asked_for() -> None:
    code = (
        "import sys; from concurrent_fetch.clients import httpx_client; "
        "assert 'httpx' in sys.modules; assert 'requests' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
