"""The journal: runs that are killed and go on, what a line costs, what resuming costs.

python -m bench.load.journal kill [threads|loop]   20 SIGKILLs over 5,000 URLs, 1,000 twice
python -m bench.load.journal cost                  CPU per line
python -m bench.load.journal million               resume where 1,000,000 URLs are done
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import attrs

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

URLS, DISTINCT, KILLS, CONCURRENCY = 5_000, 4_000, 20, 32


def urls_of(base: str) -> list[str]:
    """Return 5,000 URLs, of which 1,000 stand twice."""
    return [f"{base}/bytes/100?i={i % DISTINCT}" for i in range(URLS)]


def child(how: str, base: str, path: str) -> None:
    """Fetch all that is not done."""
    options = cf.Options(concurrency=CONCURRENCY, journal=path)
    if how == "threads":
        run = cf.fetch_threaded(urls_of(base), options)
    else:
        run = asyncio.run(cf.fetch_async(urls_of(base), options))
    print(f"last run: {len(run)} new, {run.skipped} skipped")


def kill(how: str, kills: int = KILLS) -> None:
    """Kill a run at random moments until it has been killed so often, then let it end."""
    chance = random.Random(18)
    with tempfile.TemporaryDirectory() as folder, LocalServer() as server:
        path = Path(folder, "run.jsonl")
        command = [sys.executable, __file__, "child", how, server.url("/")[:-1], str(path)]
        torn = 0
        for _ in range(kills):
            size = path.stat().st_size if path.exists() else 0
            process = subprocess.Popen(command)
            while process.poll() is None and _size(path) <= size + 1_500:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.06))
            if process.poll() is not None:
                raise SystemExit("it ended before it was killed: kill earlier")
            process.send_signal(signal.SIGKILL)
            process.wait()
            torn += not path.read_bytes().endswith(b"\n")
        subprocess.run(command, check=True)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        done = Counter(line["url"] for line in lines if line.get("done"))
        asked = Counter(urls_of(server.url("/")[:-1]))
        seen, bound = server.stats().requests, URLS + kills * CONCURRENCY
        loaded = cf.load(path)
        assert isinstance(loaded, cf.Run)
        print(
            f"{how}: {kills} kills, {torn} torn lines; each exactly as often as asked for: "
            f"{done == asked}; the server saw {seen} (at most {bound}): {seen <= bound}; "
            f"load: {Counter(o.url for o in loaded) == asked}"
        )
        assert done == asked
        assert seen <= bound
        assert Counter(o.url for o in loaded) == asked


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def cost(lines: int = 100_000) -> None:
    """Settle outcomes with and without a journal."""
    answer = _answer()
    with tempfile.TemporaryDirectory() as folder:
        for told, options in (
            ("without a journal", cf.Options()),
            ("with one", cf.Options(journal=f"{folder}/a.jsonl")),
            ("without sync", cf.Options(journal=f"{folder}/b.jsonl", journal_sync=False)),
        ):
            best = min(_settled(options, answer, lines // 10) for _ in range(10))
            print(f"{told}: {best * 1e6:.2f} µs of CPU per fetch")


def _settled(options: cf.Options, answer: cf.Response, lines: int) -> float:
    if options.journal:
        Path(options.journal).unlink(missing_ok=True)
    urls = [f"https://example.com/page/{i}" for i in range(lines)]
    answers = [attrs.evolve(answer, url=url, final_url=url, index=i) for i, url in enumerate(urls)]
    feed = cf.feed_of(urls, options)
    begun = time.process_time()
    while isinstance(job := feed.take(0.0), cf.Job):
        feed.settle(job, answers[job.index], 0.0)
    feed.end()
    return (time.process_time() - begun) / lines


def _answer() -> cf.Response:
    with LocalServer() as server:
        (outcome,) = cf.fetch_sync([server.url("/bytes/100")])
    assert isinstance(outcome, cf.Response)
    return attrs.evolve(outcome, url="https://example.com/page/1")


def million(count: int = 1_000_000) -> None:
    """Write a journal of a million, and go on with it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.jsonl")
        options = cf.Options(journal=str(path), journal_sync=False)
        answer, urls = _answer(), (f"https://example.com/page/{i}" for i in range(count))
        feed = cf.feed_of(urls, options)
        while isinstance(job := feed.take(0.0), cf.Job):
            url = f"https://example.com/page/{job.index}"
            feed.settle(job, attrs.evolve(answer, url=url, final_url=url, index=job.index), 0.0)
        feed.end()
        print(f"{count:,} lines, {path.stat().st_size / 2**20:.0f} MiB")
        subprocess.run([sys.executable, __file__, "resume", str(path), str(count)], check=True)


def resume(path: str, count: int) -> None:
    """Skip all that is done; say what it took."""
    cf.feed_of([])
    memory, begun = _peak(), time.process_time()
    feed = cf.feed_of(
        (f"https://example.com/page/{i}" for i in range(count)), cf.Options(journal=path)
    )
    read = time.process_time() - begun
    assert feed.take(0.0) is None
    assert feed.skipped == count
    took = time.process_time() - begun
    print(
        f"{read:.1f} s to read, {took:.1f} s of CPU in all, {_peak() - memory:.1f} MiB at the peak"
    )


def _peak() -> float:
    """Return the most memory that this process has had, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status does not say")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["child", how, base, path]:
            child(how, base, path)
        case ["kill", *how]:
            for one in how or ("threads", "loop"):
                kill(one)
        case ["cost"]:
            cost()
        case ["million"]:
            million()
        case ["resume", path, number]:
            resume(path, int(number))
        case _:
            print(__doc__)
