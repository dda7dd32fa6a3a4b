"""What importing costs: CPU time (user and system) of fresh processes, byte-compiled.

python -m bench.cost.importing [processes of each]

What must be there anyway is taken off: asyncio and attrs, or asyncio alone for the process that a
LocalServer starts. The milliseconds are those of a machine on which that first import takes 55: on
a slower one everything takes longer, and the same run tells by how much.
"""

import compileall
import resource
import subprocess
import sys

import concurrent_fetch
from bench.rounds import Verdicts

YARDSTICK = "import attrs, asyncio"
ITS_TIME = 55.0
BOUNDS = (
    ("import concurrent_fetch", YARDSTICK, "; import concurrent_fetch", 5),
    (
        "and the first use of fetch_threaded",
        YARDSTICK,
        "; import concurrent_fetch as cf; cf.fetch_threaded",
        45,
    ),
    ("the child of a LocalServer", "import asyncio", ", concurrent_fetch.server._process", 50),
)


def cpu_time(code: str) -> float:
    """Return the milliseconds of CPU time that a fresh process takes for some code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    compileall.compile_dir(concurrent_fetch.__path__[0], quiet=1)
    codes = {code for _, base, more, _ in BOUNDS for code in (base, base + more)}
    times: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(count):
        for code, taken in times.items():
            taken.append(cpu_time(code))
    least = {code: min(taken) for code, taken in times.items()}  # what else runs only adds
    verdicts = Verdicts()
    for what, base, more, bound in BOUNDS:
        own = (least[base + more] - least[base]) * ITS_TIME / least[YARDSTICK]
        verdicts.within(f"{what}, ms beyond '{base}'", own, -bound, bound)
    verdicts.end()


if __name__ == "__main__":
    main()
