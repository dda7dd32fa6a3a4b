"""A program for others here to measure: fetches 1 KiB bodies, 16 in flight, by one pair.

python -m bench.cost.fetches SERVER STRATEGY+CLIENT COUNT...

It runs the package that PYTHONPATH says, of any revision: so it uses what has been there from the
start, and nothing else of `bench`. For each count it prints the CPU time of those fetches, in
seconds; two processes that fetch the same are compared by the last.
"""

import asyncio
import gc
import sys
from time import process_time

import concurrent_fetch as cf

PAIRS = (
    *("sync+requests", "sync+httpx", "sync+plain", "sync+httptools"),
    *("threaded+requests", "threaded+httpx", "threaded+plain", "threaded+httptools"),
    *("async+aiohttp", "async+httpx", "async+plain", "async+httptools"),
)


def fetch(urls: list[str], strategy: str, client: str) -> cf.Run:
    options = cf.Options(concurrency=16)
    if strategy == "async":
        return asyncio.run(cf.fetch_async(urls, options, client=client))
    if strategy == "threaded":
        return cf.fetch_threaded(urls, options, client=client)
    return cf.fetch_sync(urls, options, client=client)


def main() -> None:
    server, pair, *counts = sys.argv[1:]
    strategy, client = pair.split("+")
    # What imports made is looked through by each full collection, of which one more or less falls
    # into a run: it is not to count.
    fetch([f"{server}bytes/1024"], strategy, client)
    gc.collect()
    gc.freeze()
    for count in map(int, counts):
        start = process_time()
        run = fetch([f"{server}bytes/1024?i={i}" for i in range(count)], strategy, client)
        print(process_time() - start, flush=True)
        if len(run.responses) != count:
            raise SystemExit(f"{len(run.failures)} of {count} fetches failed: {run.failures[:1]}")


if __name__ == "__main__":
    main()
