"""Threads against a loop, with waiting, with computing in Python, and with computing in C.

It says on which build it runs. Under the GIL threads help only where code waits or lets go of it;
on a free-threaded build, as far as there are cores, everywhere.
"""

import hashlib

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

URLS = 10
MANY = float("inf")


def compute(_response: cf.Response) -> None:
    """Count, and do not watch the clock: the time of other threads is not to count."""
    total = 0
    for number in range(400_000):
        total += number


def derive(response: cf.Response) -> None:
    hashlib.pbkdf2_hmac("sha256", response.body, b"salt", 50_000)


def main() -> None:
    verdicts = Verdicts()
    with LocalServer(latency=0.02) as server, LocalServer() as quick:
        waiting, computing, outside = (
            cf.Runner(urls, rounds=20, work=work).compare(cf.fetch_sync, cf.fetch_threaded)
            for urls, work in (
                (server.urls(URLS), None), (quick.urls(URLS), compute), (quick.urls(URLS), derive)
            )
        )  # fmt: skip
    card = computing.card
    print(card)
    has_more = card.cores > 1
    for what, comparison, helps in (
        ("waiting", waiting, True),
        ("computing in Python", computing, has_more and not card.has_gil),
        ("computing in C, without the GIL", outside, has_more),
    ):
        print(f"\n{what}\n{comparison}")
        gain = comparison.speedup("fetch_threaded").point
        bounds = (1.2, MANY) if helps else (0.5, 1.3)
        verdicts.within(f"{what}: threads over the loop, {card.build}", gain, *bounds)
    verdicts.end()


if __name__ == "__main__":
    main()
