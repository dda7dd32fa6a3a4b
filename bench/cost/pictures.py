"""Sizes of the pictures of a comparison, and how long they take to draw.

Three strategies with one, sixteen and twenty fetches in flight, of made-up times; one in 701 fails.
The time is that of `comparison.timeline()` with nothing kept from before: the whole way from the
records to the SVG.
"""

import argparse
import heapq
import random
import time
from collections.abc import Callable

from concurrent_fetch import (
    Comparison,
    Failure,
    FailureKind,
    Headers,
    Options,
    Outcome,
    Response,
    Runner,
    Strategy,
    Timing,
    load,
    save,
)

MOST_BYTES = 50_000
MOST_SECONDS = 2.0
FAILED = 17


class Clock:
    """Moves when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def strategy(clock: Clock, slots: int) -> Strategy:
    rng = random.Random(slots)

    def fetch(urls: list[str], _: Options) -> list[Outcome]:
        free = [clock.now] * slots
        outcomes: list[Outcome] = []
        for index, url in enumerate(urls):
            start = free[0]
            end = start + rng.lognormvariate(-4, 0.4)
            heapq.heapreplace(free, end)
            timing = Timing(started=start, finished=end)
            make = failure if index % 701 == FAILED else response
            outcomes.append(make(url, index, timing))
        clock.now = max(free)
        return outcomes

    return fetch


def response(url: str, index: int, timing: Timing) -> Outcome:
    return Response(
        url=url,
        final_url=url,
        status_code=200,
        headers=Headers(),
        size=1,
        timing=timing,
        worker="fetch-1",
        index=index,
    )


def failure(url: str, index: int, timing: Timing) -> Outcome:
    return Failure(
        url=url,
        kind=FailureKind.TIMEOUT,
        message="too long",
        timing=timing,
        worker="fetch-1",
        index=index,
    )


def compared(count: int, rounds: int) -> Comparison:
    clock = Clock()
    urls = [f"http://a.example/{i}" for i in range(count)]
    runner = Runner(urls, rounds=rounds, seed=1, clock=clock)
    strategies = {f"{slots} in flight": strategy(clock, slots) for slots in (1, 16, 20)}
    return runner.compare(**strategies)


def timed(make: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    made = make()
    return time.perf_counter() - start, made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 10,000 fetches only")
    counts = [100, 1_000, 10_000] + ([] if parser.parse_args().quick else [100_000])
    missed = False
    print("fetches each  timeline         chart            notebook")
    for count in counts:
        comparison = compared(count, rounds=1 if count == 100_000 else 6)
        save(comparison, "/tmp/pictures_bench.json")
        cells = []
        for name in ("timeline", "chart", "_repr_html_"):
            fresh = load("/tmp/pictures_bench.json")  # nothing is kept from before
            seconds, made = timed(getattr(fresh, name))
            size = len(getattr(made, "svg", made))  # type: ignore[arg-type]  # text
            cells.append(f"{size:7,} B {seconds:6.3f} s")
            missed |= name == "timeline" and (size > MOST_BYTES or seconds > MOST_SECONDS)
        print(f"{count:12,}  {'  '.join(cells)}", flush=True)
    print(f"bounds of the timeline: {MOST_BYTES:,} B and {MOST_SECONDS} s:",
          "MISSED" if missed else "held")  # fmt: skip
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
