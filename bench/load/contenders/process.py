"""One contender in a process of its own: a warm-up, a short run, a double one and a long one.

`bench.load.peers` starts it, and asks the server for its counters while this one waits for a line.
It imports nothing outside the standard library but the contender: it may run in an environment that
has nothing else.
"""

import asyncio
import gc
import importlib
import json
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.load.contenders.contender import Contender, Load

CPU_AIM = 1.0  # seconds of CPU time that a long run is to take


def bodies_of(one: Contender, urls: list[str], load: Load) -> list[bytes]:
    function = getattr(importlib.import_module(one.module), one.function)
    more = {"client": one.client} if one.client else {}
    found = function(urls, load, **more)
    if asyncio.iscoroutine(found):
        factory = importlib.import_module("uvloop").new_event_loop if one.loop else None
        with asyncio.Runner(loop_factory=factory) as runner:
            found = runner.run(found)
    bodies: list[bytes] = found
    return bodies


def measured(one: Contender, url: str, size: int, count: int, load: Load) -> tuple[float, float]:
    """Return the CPU and the wall seconds of so many fetches; every body must be whole."""
    urls = [f"{url}?i={i}" for i in range(count)]
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    bodies = bodies_of(one, urls, load)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if [len(body) for body in bodies] != [size] * count:
        raise RuntimeError(f"{len(bodies)} of {count} bodies, sizes {set(map(len, bodies))}")
    return cpu, wall


def peak_memory(process: int | str = "self") -> float:
    """Return the most memory that a process has had, in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/{process}/status does not say")


def installed(distributions: Sequence[str]) -> dict[str, str]:
    """Return the version of each that is installed here."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def enough(cost: float, least: int, most: int) -> int:
    """Return how many fetches of this cost take `CPU_AIM`, within these bounds."""
    return most if cost * most <= CPU_AIM else max(least, int(CPU_AIM / cost))


def run(task: dict[str, Any]) -> None:
    one, load = Contender(*task["contender"]), Load(*task["load"])
    few, least, most = task["counts"]
    url, size = task["url"], task["size"]
    measured(one, url, size, few, load)  # warms up
    cpu, wall = measured(one, url, size, few, load)
    twice, _ = measured(one, url, size, 2 * few, load)
    memory = peak_memory()  # here everybody has kept as much
    many = enough((twice - cpu) / few, least, most)
    print("ready", flush=True)
    sys.stdin.readline()
    all_cpu, all_wall = measured(one, url, size, few + many, load)
    if min(all_cpu - cpu, all_wall - wall) <= 0:
        raise RuntimeError("the long run took no longer than the short one: more --fetches")
    figures = {"cpu": (all_cpu - cpu) / many, "wall": (all_wall - wall) / many, "memory": memory}
    print(json.dumps({**figures, "fetches": few + many}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["installed", *distributions]:
            print(json.dumps(installed(distributions)))
        case [task]:
            run(json.loads(task))
