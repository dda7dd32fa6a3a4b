"""Odd files: loading one takes time and memory in proportion to its length, or it is refused."""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from comparisons import by_hand
from pace import in_time

from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._json import from_json, to_json

Tree = dict[str, Any]

COMPARISON: Tree = json.loads(
    to_json(next(r for r in by_hand() if type(r).__name__ == "Comparison"))
)
MOST_SECONDS = 1.5  # of CPU, for files of 200 KB
MOST_MEMORY = 120  # bytes for each byte of a file: an empty list takes as much


def twice_the_key(n: int) -> str:
    keys = ", ".join(f'"{i}": 1' for i in range(n))
    return f'{{{keys}, "{n - 1}": 1}}'


def the_same_key(n: int) -> str:
    return "{" + ", ".join(['"a": 1'] * n) + "}"


def many_alike(n: int) -> Tree:
    """As many records as URLs, all of whose columns are one value."""
    tree = copy.deepcopy(COMPARISON)
    tree["urls"] = ["a"] * n
    record = tree["records"][0]
    for name in record["columns"]:
        record["columns"][name] = {"all": None}
    tree["order"] = [tree["strategies"][:1]] * n
    tree["records"] = [record | {"round": i} for i in range(n)]
    for check in tree["checks"].values():
        check["columns"] = record["columns"]
    return tree


def alike_but_for_times(n: int) -> Tree:
    tree = many_alike(n)
    for record in (*tree["records"], *tree["checks"].values()):
        record["columns"] = record["columns"] | {"started": {"as": "reference"}}
    return tree


def many_fields(n: int) -> Tree:
    tree = copy.deepcopy(COMPARISON)
    tree["options"]["headers"] = [[f"X-{i}", "1"] for i in range(n)]
    record = tree["records"][0]
    tree["records"] = [record | {"options": {"concurrency": i + 1}} for i in range(n // 8)]
    return tree


def many_strategies(n: int) -> Tree:
    tree = copy.deepcopy(COMPARISON)
    names = [str(i) for i in range(n)]
    tree["strategies"] = names
    tree["reasons"] = {name: [] for name in names}
    tree["probes"] = {}
    tree["order"] = [names] * 2
    check = next(iter(tree["checks"].values()))
    tree["checks"] = {name: check | {"strategy": name} for name in names[: n // 40]}
    return tree


def many_of(part: str, value: Any) -> Callable[[int], Tree]:
    def made(n: int) -> Tree:
        tree = copy.deepcopy(COMPARISON)
        tree[part] = (
            [value] * n if isinstance(tree[part], list) else {f"{i}": value for i in range(n)}
        )
        return tree

    return made


def many_tries(n: int) -> Tree:
    """A fetch that was tried again and again."""
    tree = copy.deepcopy(COMPARISON)
    at = {"started": -1e9, "finished": -1e9, "waited": 0.0}
    one = {"status_code": 503, "kind": None, "message": None, **at}
    tree["records"][0]["columns"]["earlier"] = {"0": [one] * n}
    return tree


FILES: dict[str, tuple[Callable[[int], Any], int]] = {
    "a key twice among many": (twice_the_key, 16_000),
    "one key again and again": (the_same_key, 24_000),
    "records that are one value": (many_alike, 400),
    "records told by another": (alike_but_for_times, 400),
    "many header fields in many records": (many_fields, 2_400),
    "many strategies": (many_strategies, 6_000),
    "many rounds": (many_of("order", ["a"]), 40_000),
    "many looks": (many_of("looks", 1), 80_000),
    "many notes": (many_of("notes", {"strategy": "x", "fact": "", "advice": ""}), 4_000),
    "many marks": (many_of("marked", ""), 20_000),
    "many reasons": (many_of("reasons", []), 16_000),
    "many probes": (many_of("probes", {}), 16_000),
    "many tries": (many_tries, 2_000),
    "many URLs": (many_of("urls", ""), 60_000),
    "lists in lists": (lambda n: "[" * n + "]" * n, 100_000),
    "a long number": (lambda n: "1" * n, 200_000),
}


@pytest.mark.once
@pytest.mark.parametrize(("make", "n"), FILES.values(), ids=FILES)
def test_a_file_costs_in_proportion_to_its_length(make: Callable[[int], Any], n: int) -> None:
    made = make(n)
    text = made if isinstance(made, str) else json.dumps(made, separators=(",", ":"))
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    try:
        _try(text)
        memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    begun = time.thread_time()
    _try(text)
    in_time(time.thread_time() - begun, MOST_SECONDS * len(text) / 200_000)
    assert memory < MOST_MEMORY * len(text)


def _try(text: str) -> None:
    try:
        from_json(text)
    except FormatError:
        return
