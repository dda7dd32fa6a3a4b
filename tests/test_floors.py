"""The floors of the layout: imports run downwards or along a floor, and never in a circle.

`docs/layout.md` draws the same table.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "concurrent_fetch"

# A family (a folder) is one place on a floor. From the ground up:
FLOORS: tuple[tuple[str, ...], ...] = (
    # 0: rules, numbers, pictures and the server; none of them knows an outcome or a client
    (
        *(
            "errors",
            "_units",
            "_files",
            "_version",
            "_kinds",
            "_names",
            "_host",
            "_url",
            "_redaction",
        ),
        *("_headers", "_head", "_content", "_text", "_arrow"),
        *("_border", "_environment", "_feed", "_schedule", "_stats", "_verdict", "_progress"),
        *("_help", "_loop_thread"),
        *("_deadlines", "_garbage", "_terminal", "_url_list", "_card", "_makespan", "_probe"),
        *("render", "server"),
    ),
    # 1: what is asked for and what became of it, as data
    ("_options", "_outcome", "_exchange", "_columns", "_matching", "_plan", "_ranking"),
    # 2: one fetch; one run
    ("_fetch", "_drive", "_overview", "_run", "_work"),
    # 3: what a client and a strategy are, how any strategy is driven, how a run is kept
    ("_client", "_strategy", "_bridge", "_record"),
    # 4: the built-in ones, on the road that everybody's walk; measuring and judging
    (
        *("clients", "strategies", "_meter", "_values", "_arguments", "_contestants"),
        *("_audit", "_changes", "_notes", "_why", "_limits", "_report", "_sentences"),
        *(
            "_beside",
            "_pictures",
            "_comparison",
            "_ceiling",
            "_advice",
            "_sweep",
            "_ladder",
            "export",
        ),
    ),
    # 5: comparing; checking other people's parts
    ("_contest", "_settings", "_runner", "testing"),
    # 6: the faces
    ("__init__", "__main__", "_cli"),
)

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
    """Return what stands on a floor: a module, or the family it belongs to."""
    return module.partition(".")[0]


def problems(imports: Imports, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return a sentence for everything that breaks the layout."""
    floor_of = {name: floor for floor, names in enumerate(floors) for name in names}
    homeless = sorted({place(module) for module in imports} - floor_of.keys())
    said = [
        f"{name} stands on no floor: add it to FLOORS in tests/test_floors.py and to the drawing "
        "in docs/layout.md, as low as its imports let it live"
        for name in homeless
    ]
    for module, imported in imports.items():
        for target in sorted(imported):
            said += _arrow(module, target, floor_of)
    return said + _too_high(imports, floor_of) + _circles(imports)


def _arrow(module: str, target: str, floor_of: Mapping[str, int]) -> list[str]:
    if target == "__init__":
        return [f"{module} imports from the face of the package: name the module it needs"]
    here, there = floor_of.get(place(module)), floor_of.get(place(target))
    if here is None or there is None or there <= here:
        return []
    return [f"{module} (floor {here}) imports {target} (floor {there}): arrows point down"]


def _too_high(imports: Imports, floor_of: Mapping[str, int]) -> list[str]:
    """No place but a face stands more than one floor above all that it imports."""
    highest: dict[str, int] = {}
    for module, imported in imports.items():
        here = place(module)
        below = [floor_of.get(place(target), 0) for target in imported if place(target) != here]
        highest[here] = max([highest.get(here, -1), *below])
    top = max(floor_of.values())
    return [
        f"{name} stands on floor {floor_of[name]}; by what it imports it can live on {floor + 1}"
        for name, floor in highest.items()
        if name in floor_of and floor + 1 < floor_of[name] != top
    ]


def _circles(imports: Imports) -> list[str]:
    """Look for circles among the modules, and among the places that they belong to."""
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


def test_every_import_runs_downwards_or_along_a_floor_and_never_in_a_circle() -> None:
    assert problems(internal_imports(PACKAGE), FLOORS) == []


def test_the_table_names_no_module_that_is_gone() -> None:
    there = {place(module) for module in internal_imports(PACKAGE)}
    gone = {name for floor in FLOORS for name in floor} - there
    assert not gone, f"remove from FLOORS and from docs/layout.md: {sorted(gone)}"


def test_no_module_stands_twice_in_the_table() -> None:
    names = [name for floor in FLOORS for name in floor]
    assert sorted(names) == sorted(set(names))


def test_the_drawing_in_the_docs_is_the_table() -> None:
    page = (PACKAGE.parent / "docs" / "layout.md").read_text(encoding="utf-8")
    drawing = page.partition("```text\n")[2].partition("```")[0]
    drawn: dict[int, set[str]] = {}
    for line in drawing.splitlines():
        label, names = line[:1], line[1:].split()
        drawn.setdefault(int(label) if label.strip() else min(drawn), set()).update(names)
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    table = {
        floor: {f"{name}/" if name in folders else name for name in names}
        for floor, names in enumerate(FLOORS)
    }
    assert drawn == table


# The checker itself, on small trees with one fault each:


def planted(tmp_path: Path, files: Mapping[str, str]) -> list[str]:
    package = tmp_path / "house"
    for name, text in {"__init__.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    floors = (("low", "lower", "family"), ("middle",), ("high", "__init__"))
    return problems(internal_imports(package), floors)


def test_a_sound_tree_has_no_problems(tmp_path: Path) -> None:
    files = {
        "__init__.py": "from house.high import a",
        "low.py": "import os",
        "lower.py": "from house.low import a",
        "middle.py": "from house import low\nfrom house.family import x",
        "high.py": "import house.middle",
        "family/__init__.py": "from house.family._x import x",
        "family/_x.py": "from house.low import a",
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
    (problem,) = planted(
        tmp_path, {"low.py": text, "middle.py": "import house.lower", "lower.py": ""}
    )
    assert problem == "low (floor 0) imports middle (floor 1): arrows point down"


def test_a_circle_along_one_floor_is_noticed(tmp_path: Path) -> None:
    files = {"low.py": "import house.lower", "lower.py": "def late():\n    import house.low"}
    (problem,) = planted(tmp_path, files)
    assert problem.startswith("imports run in a circle: ")


def test_a_circle_under_type_checking_is_noticed(tmp_path: Path) -> None:
    late = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.low import a"
    (problem,) = planted(tmp_path, {"low.py": "import house.lower", "lower.py": late})
    assert problem.startswith("imports run in a circle: ")


def test_a_circle_inside_a_family_is_noticed(tmp_path: Path) -> None:
    files = {
        "family/__init__.py": "from house.family._x import x",
        "family/_x.py": "from house.family import y",
    }
    (problem,) = planted(tmp_path, files)
    assert problem.startswith("imports run in a circle: ")


def test_a_circle_between_a_family_and_a_module_is_noticed(tmp_path: Path) -> None:
    files = {
        "low.py": "from house.family._x import x",
        "family/__init__.py": "",
        "family/_x.py": "",
        "family/_y.py": "import house.low",
    }
    (problem,) = planted(tmp_path, files)
    assert problem.startswith("imports run in a circle: ")


def test_an_import_of_the_face_from_inside_is_noticed(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"low.py": "from house import Something"})
    assert problem == "low imports from the face of the package: name the module it needs"


def test_a_module_without_a_floor_is_told_where_to_go(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"new.py": ""})
    assert problem.startswith("new stands on no floor: add it to FLOORS in tests/test_floors.py")


def test_a_module_that_could_live_lower_is_noticed(tmp_path: Path) -> None:
    (problem,) = planted(tmp_path, {"middle.py": "import os"})
    assert problem == "middle stands on floor 1; by what it imports it can live on 0"
