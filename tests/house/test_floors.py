"""The house: rooms on floors, each entered by its door.

`FLOORS` is the layout, and `docs/layout.md` draws the same table. A room (a folder) imports only
from lower floors, and another room only by its door (its `__init__`); no imports run in a circle,
neither between rooms nor inside one. There is no exception, neither under `TYPE_CHECKING` nor
inside a function.
"""

import ast
import functools
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

from concurrent_fetch import feed, strategies

pytestmark = pytest.mark.once

PACKAGE = Path(__file__).parents[2] / "concurrent_fetch"

# From the ground up: rooms, and files that stand on a floor by themselves.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("words", "errors", "_units", "_failure_kinds", "_files", "_python"),
    ("http", "stats", "render", "server", "_progress"),
    ("model",),
    ("wire", "analysis", "feed", "sinks"),
    ("fetch", "results"),
    ("clients", "strategies", "export"),
    ("runner",),
    ("cli", "testing"),
)
FACES = ("__init__", "__main__")
"""Above all floors; nobody imports them."""
WIDEST = 20
"""So many names at most a door offers, and a public family of one kind:"""
WIDER = {"strategies": 26, "errors": 26, "analysis": 25}
WHEN_ASKED = ("clients", "feed", "strategies")
"""Doors behind which some files are imported when they are asked for: each client, what only runs
with a journal need, and strategies in other processes, since every import would pay."""
PUBLIC = ("clients", "server", "strategies", "testing")
"""Doors that users enter too."""

Imports = Mapping[str, set[str]]


def internal_imports(package: Path) -> dict[str, set[str]]:
    """Return what each module of the package imports from the package, wherever in the file.

    Modules are named by their dotted path inside it; a package by its path, ending in `__init__`.
    """
    modules = {_name(path.relative_to(package)): path for path in sorted(package.rglob("*.py"))}
    return {
        module: set(_imported(package.name, module, path, modules))
        for module, path in modules.items()
    }


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _imported(package: str, module: str, path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(package, module, node)
            # `from a import b` imports the module a.b where there is one, else the module a.
            targets = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            first, *rest = target.split(".")
            if first == package:
                yield _module(rest, modules)


def _base(package: str, module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = [package, *module.split(".")][: -node.level]
    return ".".join([*above, *([node.module] if node.module else [])])


def _module(parts: list[str], modules: Mapping[str, Path]) -> str:
    """Return the longest leading part of a dotted path that is a module."""
    for length in range(len(parts), 0, -1):
        for name in (".".join(parts[:length]), ".".join([*parts[:length], "__init__"])):
            if name in modules:
                return name
    return "__init__"


def place(module: str) -> str:
    """Return what stands on a floor: a file, or the room it belongs to."""
    return module.partition(".")[0]


def problems(imports: Imports, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return a sentence for everything that breaks the layout."""
    floor_of = {name: floor for floor, names in enumerate(floors) for name in names}
    floor_of |= dict.fromkeys(FACES, len(floors))
    homeless = sorted({place(module) for module in imports} - floor_of.keys())
    said = [
        f"{name} stands on no floor: add it to FLOORS in tests/house/test_floors.py and to the "
        "drawing in docs/layout.md, as low as its imports let it live"
        for name in homeless
    ]
    for module, imported in imports.items():
        for target in sorted(imported):
            said += _arrow(module, target, floor_of)
    return said + _too_high(imports, floor_of) + _circles(imports)


def _arrow(module: str, target: str, floor_of: Mapping[str, int]) -> list[str]:
    here, there = place(module), place(target)
    if target in FACES:
        return [f"{module} imports from the face of the package: name the room it needs"]
    if here == there:
        own_door = target == f"{here}.__init__"
        return [f"{module} imports from its own door: name the file it needs"] if own_door else []
    said = []
    if "." in target and target != f"{there}.__init__":
        said.append(f"{module} imports {target}, past the door of {there}")
    low, high = floor_of.get(here), floor_of.get(there)
    if low is not None and high is not None and high >= max(low, 1):
        said.append(f"{module} (floor {low}) imports {there} (floor {high}): arrows point down")
    return said


def _too_high(imports: Imports, floor_of: Mapping[str, int]) -> list[str]:
    """No place but a face stands more than one floor above all that it imports."""
    highest: dict[str, int] = {}
    for module, imported in imports.items():
        here = place(module)
        below = [floor_of.get(place(target), 0) for target in imported if place(target) != here]
        highest[here] = max([highest.get(here, -1), *below])
    return [
        f"{name} stands on floor {floor_of[name]}; by what it imports it can live on {floor + 1}"
        for name, floor in highest.items()
        if name in floor_of and name not in FACES and floor + 1 < floor_of[name]
    ]


def _circles(imports: Imports) -> list[str]:
    """Look for circles among the files, and among the places that they belong to."""
    places: dict[str, set[str]] = {}
    for module, imported in imports.items():
        others = {place(target) for target in imported} - {place(module)}
        places.setdefault(place(module), set()).update(others)
    said = []
    for graph in (imports, places):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = " -> ".join(error.args[1][::-1])
            said.append(f"imports run in a circle: {circle}")
    return list(dict.fromkeys(said))


IMPORTS = internal_imports(PACKAGE)
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_imports_run_downwards_through_doors_and_never_in_a_circle() -> None:
    assert problems(IMPORTS, FLOORS) == []


def test_the_table_names_no_room_that_is_gone_and_none_twice() -> None:
    names = sorted(name for floor in FLOORS for name in floor)
    assert names == sorted({place(module) for module in IMPORTS} - set(FACES))


def test_the_house_is_seen_at_a_glance() -> None:
    assert len(FLOORS) <= 8
    assert sum(map(len, FLOORS)) <= 24


def test_the_statistics_know_no_room_and_nobody_knows_the_clients() -> None:
    arrows = {(place(m), place(t)) for m, ts in IMPORTS.items() for t in ts if place(m) != place(t)}
    assert {there for here, there in arrows if here == "stats"} & set(ROOMS) == set()
    assert {here for here, there in arrows if there == "clients"} == set()


def test_the_drawing_in_the_docs_is_the_table() -> None:
    page = (PACKAGE.parent / "docs" / "layout.md").read_text(encoding="utf-8")
    drawing = page.partition("```text\n")[2].partition("```")[0]
    rows = [line.split() for line in drawing.splitlines()]
    drawn = {int(number): set(names) for number, *names in rows}
    assert drawn == {
        floor: {f"{name}/" if name in ROOMS else name for name in names}
        for floor, names in enumerate(FLOORS)
    }


def door(room: str) -> ast.Module:
    return ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))


def offered(room: str) -> list[str]:
    names: list[str] = ast.literal_eval(
        next(
            node.value
            for node in door(room).body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )
    )
    return names


def as_listed(name: str) -> tuple[bool, bool, str]:
    """Order names as ruff does: constants, classes, functions."""
    return (not name.isupper(), not name[0].isupper(), name)


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_says_what_its_room_is_for_and_offers_sorted_names(room: str) -> None:
    assert (ast.get_docstring(door(room)) or "").strip()
    assert offered(room) == sorted(set(offered(room)), key=as_listed)
    assert len(offered(room)) <= WIDER.get(room, WIDEST)


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in WHEN_ASKED])
def test_a_door_holds_its_docstring_imports_of_its_own_files_and_its_names(room: str) -> None:
    """In some rooms some files are imported when asked for; the others are tables of contents."""
    _, *imports, names = door(room).body
    assert isinstance(names, ast.Assign)
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    nodes = [node for node in imports if isinstance(node, ast.ImportFrom)]
    assert [
        n.module for n in nodes if not f"{n.module}".startswith(f"concurrent_fetch.{room}._")
    ] == []
    assert sorted(alias.name for node in nodes for alias in node.names) == sorted(offered(room))


@pytest.mark.parametrize("room", [feed, strategies])
def test_what_is_imported_when_asked_for_is_what_type_checkers_are_told(room: ModuleType) -> None:
    (told,) = [
        node for node in door(room.__name__.rpartition(".")[2]).body if isinstance(node, ast.If)
    ]
    nodes = [node for node in told.body if isinstance(node, ast.ImportFrom)]
    files = {
        alias.name: f"{node.module}".rpartition(".")[2] for node in nodes for alias in node.names
    }
    assert files == room._FOR_FEW
    assert all(hasattr(room, name) for name in files)


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in PUBLIC])
def test_a_door_offers_nothing_that_nobody_asks_for(room: str) -> None:
    asked = {
        alias.name
        for node in imports_from()
        if node.module == f"concurrent_fetch.{room}"
        for alias in node.names
    }
    assert [name for name in offered(room) if name not in asked] == []


@functools.cache
def imports_from() -> tuple[ast.ImportFrom, ...]:
    """Return every `from ... import ...` of the package."""
    paths = (*PACKAGE.rglob("*.py"), PACKAGE / "__init__.pyi")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return tuple(
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    )


def test_the_errors_are_few() -> None:
    tree = ast.parse((PACKAGE / "errors.py").read_text(encoding="utf-8"))
    assert sum(isinstance(node, ast.ClassDef) for node in tree.body) <= WIDER["errors"]


# The checker itself, on small trees with one fault each:

SMALL = (("low", "lower"), ("room",), ("middle",), ("high",))


def planted(tmp_path: Path, files: Mapping[str, str]) -> list[str]:
    package = tmp_path / "house"
    for name, text in {"__init__.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return problems(internal_imports(package), SMALL)


def test_a_sound_tree_has_no_problems(tmp_path: Path) -> None:
    files = {
        "__init__.py": "from house.high import a",
        "low.py": "import os",
        "lower.py": "from house.low import a",
        "room/__init__.py": "from house.room._x import x",
        "room/_x.py": "from house.low import a\nfrom house.room import _y",
        "room/_y.py": "",
        "middle.py": "from house import low\nfrom house.room import x",
        "high.py": "import house.middle",
    }
    assert planted(tmp_path, files) == []


@pytest.mark.parametrize(
    "text",
    [
        "from house.middle import a",
        "from house import middle",
        "import house.middle as m",
        "from .middle import a",
        "from . import middle",
        "def late():\n    from house.middle import a",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.middle import a",
    ],
)
def test_an_upward_import_is_noticed_in_every_spelling(tmp_path: Path, text: str) -> None:
    files = {
        "low.py": text,
        "middle.py": "import house.room",
        "room/__init__.py": "import house.lower",
        "lower.py": "",
    }
    (problem,) = planted(tmp_path, files)
    assert problem == "low (floor 0) imports middle (floor 2): arrows point down"


def test_an_import_along_a_floor_is_noticed_but_on_the_ground() -> None:
    floors = (("low", "lower"), ("middle", "other"))
    imports = {"low": {"lower"}, "lower": set(), "middle": {"low", "other"}, "other": {"low"}}
    assert problems(imports, floors) == [
        "middle (floor 1) imports other (floor 1): arrows point down"
    ]


@pytest.mark.parametrize("text", ["from house.room._x import x", "import house.room._x"])
def test_an_import_past_a_door_is_noticed(tmp_path: Path, text: str) -> None:
    room = {"room/__init__.py": "import house.low", "room/_x.py": "", "low.py": ""}
    (problem,) = planted(tmp_path, {**room, "middle.py": f"{text}\nimport house.room"})
    assert problem == "middle imports room._x, past the door of room"


def test_a_circle_along_the_ground_is_noticed(tmp_path: Path) -> None:
    files = {"low.py": "import house.lower", "lower.py": "def late():\n    import house.low"}
    (problem,) = planted(tmp_path, files)
    assert problem.startswith("imports run in a circle: ")


def test_a_circle_under_type_checking_is_noticed(tmp_path: Path) -> None:
    late = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.low import a"
    (problem,) = planted(tmp_path, {"low.py": "import house.lower", "lower.py": late})
    assert problem.startswith("imports run in a circle: ")


def test_a_circle_inside_a_room_is_noticed(tmp_path: Path) -> None:
    files = {
        "low.py": "",
        "room/__init__.py": "import house.low",
        "room/_x.py": "from house.room._y import y",
        "room/_y.py": "from house.room import _x",
    }
    (problem,) = planted(tmp_path, files)
    assert problem.startswith("imports run in a circle: ")


def test_a_room_that_imports_from_its_own_door_is_noticed(tmp_path: Path) -> None:
    files = {
        "low.py": "",
        "room/__init__.py": "from house.room._x import x\nimport house.low",
        "room/_x.py": "from house.room import y",
    }
    said = planted(tmp_path, files)
    assert said[0] == "room._x imports from its own door: name the file it needs"
    assert said[1].startswith("imports run in a circle: ")


def test_a_circle_between_a_room_and_a_file_is_noticed(tmp_path: Path) -> None:
    files = {
        "low.py": "from house.room import x",
        "room/__init__.py": "",
        "room/_y.py": "import house.low",
    }
    assert planted(tmp_path, files)[-1].startswith("imports run in a circle: ")


def test_an_import_of_the_face_from_inside_is_noticed(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"low.py": "from house import Something"})
    assert problem == "low imports from the face of the package: name the room it needs"


def test_a_file_without_a_floor_is_told_where_to_go(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"new.py": ""})
    assert problem.startswith("new stands on no floor: add it to FLOORS in tests/house/test_floors")


def test_a_room_that_could_live_lower_is_noticed(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"middle.py": "import os"})
    assert problem == "middle stands on floor 2; by what it imports it can live on 0"
