"""User instructions per fetch, counted by callgrind, for every built-in strategy and client.

python -m bench.cost.instructions [--write REVISION | --against REVISION]

1 KiB bodies, 16 in flight. An instruction count hardly depends on how busy the machine is, so a
figure of today can be held against one of last year: `reference.json` keeps those of a revision,
and the script ends with 1 if a fetch costs more than 2 % above them. They hold for one Python and
one set of packages. Where either is another, that revision is counted in the same run, as
`--against` does with any.

What is counted is the difference between a long and a short run, so that the start of the process
cancels out. On a busy machine a client waits more often for the server, and a wait costs a little:
what is above the bound is counted again, at most four times, and the least counts; so it does for
the figures that are kept.
"""

import argparse
import json
import math
import platform
import re
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.cost.checkouts import checkout_of, run_fetches
from bench.cost.fetches import PAIRS
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

REFERENCE = Path(__file__).with_name("reference.json")
BOUND = 1.02
SHORT, LONG = 200, 600
COUNTS = 5
PACKAGES = (
    *("aiohttp", "attrs", "h11", "httpcore", "httptools", "httpx", "multidict", "requests"),
    *("urllib3", "yarl"),
)


def per_fetch(checkout: Path, server: str, pair: str) -> int:
    """Return the user instructions of one fetch, by the package in `checkout`."""
    run_fetches(checkout, server, pair, SHORT)  # compiles what is not compiled yet
    short, long = (counted(checkout, server, pair, count) for count in (SHORT, LONG))
    return round((long - short) / (LONG - SHORT))


def counted(checkout: Path, *arguments: object) -> int:
    """Return the user instructions of a whole process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        callgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"]
        run_fetches(checkout, *arguments, under=callgrind)
        (total,) = re.findall(r"^totals: (\d+)", out.read_text(), re.MULTILINE)
    return int(total)


def least(checkout: Path, server: str, pair: str, bound: float) -> int:
    """Return the least of up to five counts, the first that is within the bound."""
    found: list[int] = []
    while not found or (len(found) < COUNTS and min(found) > bound):
        found.append(per_fetch(checkout, server, pair))
        print(f"{pair:20} {found[-1]:10,} instructions a fetch", flush=True)
    return min(found)


def count_all(revision: str, bounds: Mapping[str, float]) -> dict[str, int]:
    """Return the instructions of a fetch for each pair of strategy and client."""
    with LocalServer() as server, checkout_of(revision) as checkout:
        return {pair: least(checkout, server.url(), pair, of) for pair, of in bounds.items()}


def environment() -> dict[str, str]:
    """Return what an instruction count depends on, beside the code."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {"python": python, **{name: version(name) for name in PACKAGES}}


def write(revision: str) -> None:
    """Keep the figures of a revision."""
    figures = {
        "revision": revision,
        "environment": environment(),
        "instructions per fetch": count_all(revision, dict.fromkeys(PAIRS, 0)),
    }
    REFERENCE.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def kept() -> Any:
    """Return what `reference.json` holds."""
    return json.loads(REFERENCE.read_text(encoding="utf-8"))


def expected(against: str | None, pairs: Sequence[str]) -> Mapping[str, int]:
    """Return the kept figures, or those of a revision, counted now."""
    reference = kept()
    if against is None and reference["environment"] == environment():
        figures: Mapping[str, int] = reference["instructions per fetch"]
        return figures
    revision = against or reference["revision"]
    print(f"counting {revision}: no kept figures are of this revision and this environment")
    return count_all(revision, dict.fromkeys(pairs, math.inf))  # once, and under the same load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost.instructions")
    parser.add_argument("--write", metavar="REVISION", help="keep its figures in reference.json")
    parser.add_argument("--against", metavar="REVISION", help="count that revision in this run too")
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=PAIRS)
    given = parser.parse_args()
    if given.write:
        write(given.write)
        return
    verdicts = Verdicts()
    before = expected(given.against, given.pairs)
    for pair, count in count_all("", {pair: BOUND * before[pair] for pair in given.pairs}).items():
        verdicts.within(f"{pair}: over the reference", count / before[pair], 0, BOUND)
    verdicts.end()


if __name__ == "__main__":
    main()
