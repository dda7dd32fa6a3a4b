"""What all contenders of a table are asked for, and the server that they ask."""

import contextlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs

from concurrent_fetch.server import LocalServer

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests" / "support"))
from nginx import missing, nginx

__all__ = ["Case", "Server", "missing", "nginx_version", "server_of"]


@attrs.frozen(kw_only=True)
class Case:
    """What all contenders of one table are asked for."""

    kib: int
    latency: int
    in_flight: int
    tls: bool
    fetches: int | None = None
    """Of the long run beyond those of the short; None for as many as take about 1 s of CPU time."""

    @property
    def size(self) -> int:
        return self.kib * 1024

    @property
    def more(self) -> tuple[int, int]:
        """By how many fetches at least and at most the long run exceeds the short one.

        All bodies are kept, so they are few where those are large. Where a latency rules, it is to
        be done within 3 s.
        """
        if self.fetches is not None:
            return self.fetches, self.fetches
        least, most = 1000, 20_000 if self.kib < 50 else 2000
        if self.latency:
            most = min(most, self.in_flight * 3000 // self.latency)
        return min(least, most), most

    @property
    def few(self) -> int:
        """The fetches of the short run."""
        return self.in_flight * 5 if self.latency else max(self.in_flight * 5, 320)

    def __str__(self) -> str:
        server = "LocalServer" if self.latency else "nginx, one worker"
        counts = " to ".join(f"{count:,}" for count in dict.fromkeys(self.more))
        return (
            f"{self.kib} KiB, {self.latency} ms, {self.in_flight} in flight, "
            f"{'TLS' if self.tls else 'plain'}, {server}, {counts} fetches"
        )


@attrs.frozen(kw_only=True)
class Server:
    """Where to ask, and how many connections and requests it has seen by now."""

    url: str
    ca: str | None
    seen: Callable[[], tuple[int, int]]
    own: int
    """How many of either each look at `seen` adds."""
    _processes: Sequence[int] = attrs.field(factory=lambda: list(descendants(os.getpid())))

    def cpu(self) -> float:
        """Return the seconds of CPU time that its processes have used."""
        used = (
            path.read_text().split()[0]
            for process in self._processes
            for path in Path(f"/proc/{process}/task").glob("*/schedstat")
        )
        return sum(map(int, used)) / 1e9


def descendants(process: int) -> Iterator[int]:
    """Yield what a process has started, and what those have."""
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        yield int(child)
        yield from descendants(int(child))


@contextlib.contextmanager
def certificate(wanted: bool) -> Iterator[tuple[Path | None, str | None]]:
    """Yield the PEM files of a server and of the authority that signed it, if any are wanted."""
    if not wanted:
        yield None, None
        return
    import trustme

    with tempfile.TemporaryDirectory() as folder:
        authority, chain, trusted = trustme.CA(), Path(folder, "server"), Path(folder, "ca")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(chain))
        authority.cert_pem.write_to_path(str(trusted))
        yield chain, str(trusted)


@contextlib.contextmanager
def server_of(case: Case) -> Iterator[Server]:
    with certificate(case.tls) as (chain, ca):
        if case.latency:
            with LocalServer(
                case.latency / 1000, certificate=str(chain) if chain else None
            ) as local:

                def seen() -> tuple[int, int]:
                    stats = local.stats()
                    return stats.connections, stats.requests

                yield Server(url=local.url(f"/bytes/{case.size}"), ca=ca, seen=seen, own=0)
            return
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            Path(folder).chmod(0o755)
            Path(folder, "page").write_bytes(b"x" * case.size)
            with nginx(Path(folder), chain) as base:
                yield Server(url=f"{base}/page", ca=ca, seen=lambda: stub_status(base, ca), own=1)


def stub_status(base: str, ca: str | None) -> tuple[int, int]:
    """Return the connections and requests that nginx has counted, those of this call included."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    with urllib.request.urlopen(f"{base}/stub_status", context=context) as answer:
        found = re.search(r"^ (\d+) \d+ (\d+) ", answer.read().decode(), re.MULTILINE)
    assert found
    return int(found[1]), int(found[2])


def nginx_version() -> str:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") or "nginx"
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]
