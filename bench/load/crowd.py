"""Crowd: many threads at once. No outcome is lost or doubled, and none is that of another URL.

python -m bench.load.crowd [fetches]

Each URL is answered with a size that few others have, and the server counts. Run it on a build
without a GIL, where threads meet in the middle of everything.
"""

import platform
import sys
import sysconfig
import threading
from collections import Counter

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

COUNT = 200_000
AT_ONCE = 64
IN_ONE_RUN = 10_000
SIZES = 1_009
CLIENTS = ("requests", "httpx", "plain")
OPTIONS = cf.Options(concurrency=AT_ONCE)


def is_right(outcome: cf.Outcome, url: str, size: int) -> bool:
    is_page = isinstance(outcome, cf.Response) and len(outcome.body) == size
    return is_page and outcome.url == url


def crowd(base: str, client: str, first: int) -> tuple[Counter[str], int]:
    """Fetch in threads, handed over one by one; return what there is to judge, and most threads."""
    sizes = [(first + number) % SIZES for number in range(IN_ONE_RUN)]
    urls = [f"{base}/bytes/{size}?i={first + number}" for number, size in enumerate(sizes)]
    found, seen, most = Counter[str](), bytearray(IN_ONE_RUN), 0
    for outcome in cf.iter_threaded(urls, OPTIONS, client=client):
        index = outcome.index
        found["doubled"] += seen[index]
        seen[index] = 1
        found["wrong"] += not is_right(outcome, urls[index], sizes[index])
        most = max(most, threading.active_count())
    found["lost"] = seen.count(0)
    run = cf.fetch_threaded(urls, OPTIONS, client=client)
    found["out of place"] = sum(
        not is_right(*facts) for facts in zip(run, urls, sizes, strict=True)
    )
    return found, most


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    without = sysconfig.get_config_var("Py_GIL_DISABLED")
    print(platform.python_version(), "free-threaded" if without else "with a GIL")
    verdicts = Verdicts()
    with LocalServer() as server:
        base = server.url().rstrip("/")
        found, asked, most = Counter[str](), 0, 0
        while asked < count:
            client = CLIENTS[asked // IN_ONE_RUN // 2 % len(CLIENTS)]
            more, threads = crowd(base, client, asked)
            found.update(more)
            asked, most = asked + 2 * IN_ONE_RUN, max(most, threads)
        for what in ("lost", "doubled", "wrong", "out of place"):
            verdicts.within(f"outcomes {what}, of {asked:,}", found[what], 0, 0)
        verdicts.within("requests at the server", server.stats().requests, asked, asked)
        verdicts.within("threads at once", most, AT_ONCE, AT_ONCE + 2)
    verdicts.end()


if __name__ == "__main__":
    main()
