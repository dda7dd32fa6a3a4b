"""Runs one contender for one round, in a process of its own; finds out who can run."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import attrs

from bench.load.contenders.contender import Contender, Load
from bench.load.contenders.process import peak_memory
from bench.load.contenders.serving import Case, Server

ROOT = Path(__file__).resolve().parents[3]
WRK = Contender("wrk -t1", "", "", (), "everything but counting")
FEW = 5  # connections more than may be in flight; who opens more is named
PATIENCE = 180.0
# requests takes the authorities of these variables before the one that it is told.
OTHER_CA = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OTHER_CA}
ENVIRONMENT["PYTHONPATH"] = str(ROOT)


@attrs.frozen(kw_only=True)
class Figures:
    """What one contender cost in one round; seconds per fetch, MiB."""

    cpu: float
    wall: float
    memory: float
    fetches: int
    """Of the long run."""
    connections: int
    server: float
    """What the server used of the CPU in the long run, connecting included."""


class ContenderFailedError(Exception):
    """What a contender said when it failed."""


def run_one(python: str, contender: Contender, server: Server, case: Case) -> Figures:
    """Run a contender in a process of its own."""
    if contender is WRK:
        return run_wrk(server, case)
    task = {
        "contender": contender,
        "load": Load(case.in_flight, server.ca),
        "url": server.url,
        "size": case.size,
        "counts": (case.few, *case.more),
    }
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [python, "-m", "bench.load.contenders.process", json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=ENVIRONMENT,
        )
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            line_of(process, errors)
            before, used = server.seen(), server.cpu()
            figures = json.loads(line_of(process, errors, go_on=True))
            after, used = server.seen(), server.cpu() - used
            process.communicate("\n")
        finally:
            timer.cancel()
            process.kill()
            process.wait()
    connections, requests = (b - a - server.own for a, b in zip(before, after, strict=True))
    if requests != figures["fetches"]:
        raise ContenderFailedError(f"{requests} requests for {figures['fetches']} URLs")
    return Figures(**figures, connections=kept(case, connections, requests), server=used / requests)


def line_of(process: "subprocess.Popen[str]", errors: IO[str], *, go_on: bool = False) -> str:
    """Return the next line of a contender, which waits for one where it is to `go_on`."""
    assert process.stdin
    assert process.stdout
    if go_on:
        process.stdin.write("\n")
        process.stdin.flush()
    while line := process.stdout.readline():
        if line.startswith(("ready", "{")):
            return line
    errors.seek(0)
    said = errors.read().strip().splitlines() or [f"nothing, or not within {PATIENCE:g} s"]
    raise ContenderFailedError(said[-1])


def kept(case: Case, connections: int, requests: int) -> int:
    """Return the connections, if they were kept.

    Some open a second one while the first becomes free: they pass, and are named.
    """
    if connections > max(case.in_flight + FEW, requests // 2):
        raise ContenderFailedError(f"{connections} connections for {requests} requests")
    return connections


def run_wrk(server: Server, case: Case, seconds: int = 1) -> Figures:
    before, used_before = server.seen(), server.cpu()
    with subprocess.Popen(
        ["wrk", "-t1", f"-c{case.in_flight}", f"-d{seconds}s", f"{server.url}?i=0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(seconds * 0.7)
        memory = peak_memory(process.pid)
        assert process.stdout
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    connections = server.seen()[0] - before[0] - server.own
    server_used = server.cpu() - used_before
    count, took = re.findall(r"(\d+) requests in ([\d.]+)s", said)[0]
    if "Non-2xx" in said or "Socket errors" in said or int(count) == 0:
        raise ContenderFailedError(said.splitlines()[-1])
    return Figures(
        cpu=(used.ru_utime + used.ru_stime) / int(count),
        wall=float(took) / int(count),
        memory=memory,
        fetches=int(count),
        connections=kept(case, connections, int(count)),
        server=server_used / int(count),
    )


@attrs.frozen(kw_only=True)
class Present:
    """Who can run, in which interpreter, of which versions; and why others cannot."""

    pythons: Mapping[Contender, str]
    versions: Mapping[str, str]
    absent: Sequence[str]


def present(chosen: Iterable[Contender], also: Sequence[str]) -> Present:
    chosen = list(chosen)
    distributions = sorted({name for one in chosen for name in one.needs})
    found = {python: installed(python, distributions) for python in (sys.executable, *also)}
    pythons: dict[Contender, str] = {}
    versions: dict[str, str] = {}
    absent: list[str] = []
    for one in chosen:
        if one is WRK:
            if shutil.which("wrk"):
                pythons[one] = ""
            else:
                absent.append("wrk (Debian's package wrk)")
            continue
        for python, here in found.items():
            if all(name in here for name in one.needs):
                pythons[one] = python
                versions |= {name: here[name] for name in one.needs}
                break
        else:
            lacking = [name for name in one.needs if name not in found[sys.executable]]
            absent.append(f"{one.name} ({', '.join(lacking)})")
    return Present(pythons=pythons, versions=versions, absent=absent)


def installed(python: str, distributions: Sequence[str]) -> dict[str, str]:
    done = subprocess.run(
        [python, "-m", "bench.load.contenders.process", "installed", *distributions],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found
