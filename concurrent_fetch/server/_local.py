"""LocalServer, the parent's side: starts the server's process, asks it, ends it."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, Any, Self

import attrs

from concurrent_fetch._python import COUNTING_SERVERS, HAS_DAEMONS, Served
from concurrent_fetch._units import Seconds
from concurrent_fetch.server._latency import Latency
from concurrent_fetch.server._service import ServerStats
from concurrent_fetch.server._settings import Settings
from concurrent_fetch.words import Home, hinted, whole

_PATIENCE: Seconds = 10.0
_ROOT = str(pathlib.Path(__file__).resolve().parents[2])


def _environment() -> dict[str, str]:
    """Let the child import what this process imports, however `sys.path` came about."""
    entries = [entry or _working_directory() for entry in sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [*entries, _ROOT]))}


def _working_directory() -> str:
    """Return where this process works; nothing if that is deleted, as is what was in it."""
    try:
        return str(pathlib.Path.cwd())
    except OSError:
        return ""


def _scratch() -> IO[bytes]:
    """Return a file for what the child says, in memory where that can be: no folder need be there.

    Not a pipe: somebody would have to read it all the time.
    """
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            return os.fdopen(os.memfd_create("stderr"), "w+b")
    with contextlib.suppress(OSError):
        return tempfile.TemporaryFile()
    return open(os.devnull, "w+b")  # noqa: PTH123 - as the others, it is closed in the end


class _Child:
    """A running server process and the pipes to it."""

    def __init__(self, settings: Settings) -> None:
        self._owner = os.getpid()
        self._settings = settings
        self._lock = threading.Lock()
        self._asked = 0
        self._errors = _scratch()
        try:
            # A process group of its own: Ctrl-C in the terminal is for the clients.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "concurrent_fetch.server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
                process_group=0,
            )
        except BaseException:
            self._errors.close()
            raise
        try:
            self.port = self._start(settings)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def authorities(self) -> frozenset[str]:
        """How URLs name this server for sure."""
        return self._settings.authorities(self.port)

    def served(self) -> Served | None:
        """Return what has reached it since its start; None if it has ended, or in a fork."""
        if os.getpid() != self._owner or self._process.returncode is not None:
            return None
        with contextlib.suppress(RuntimeError):
            return Served(*self.ask(ask="served")["served"])
        return None

    def _start(self, settings: Settings) -> int:
        answer = self.ask(settings=settings.to_json())
        if "error" in answer:
            raise OSError(answer["errno"], f"{answer['error']} ({settings.host}:{settings.port})")
        return int(answer["port"])

    def ask(self, **question: object) -> dict[str, Any]:
        """Return the server's answer; RuntimeError if it has ended or is silent for too long."""
        with self._lock:
            self._asked += 1
            timer = threading.Timer(_PATIENCE, self._process.kill)
            timer.daemon = HAS_DAEMONS
            timer.start()
            try:
                self._send({"id": self._asked, **question})
                return self._received(self._asked)
            finally:
                timer.cancel()
                timer.join()

    def _send(self, message: dict[str, Any]) -> None:
        stdin = self._process.stdin
        with contextlib.suppress(OSError, ValueError):  # what went wrong is seen by `_received`
            if stdin is not None:
                stdin.write(json.dumps(message).encode() + b"\n")
                stdin.flush()

    def _received(self, number: int) -> dict[str, Any]:
        """Return this number's answer: other lines are of an interrupted question, or foreign."""
        with contextlib.suppress(ValueError):
            while line := self._line():
                with contextlib.suppress(json.JSONDecodeError):
                    answer = json.loads(line)
                    if isinstance(answer, dict) and answer.get("id") == number:
                        return answer
        raise RuntimeError(self._obituary())

    def _line(self) -> bytes:
        return b"" if self._process.stdout is None else self._process.stdout.readline()

    def _obituary(self) -> str:
        status = self._process.wait()
        said = ""
        with contextlib.suppress(ValueError):
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip()
        return (
            f"The server's process ended with status {status}, or was ended after {_PATIENCE:g} s "
            f"of silence. It said: {said or 'nothing'}"
        )

    def end(self) -> None:
        """End the process and close the pipes; nothing happens in a fork or the second time."""
        if os.getpid() != self._owner:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


_OTHER_WORDS = {
    **dict.fromkeys(("delay", "lag", "sleep"), "latency={}"),
    **dict.fromkeys(("concurrency", "threads", "workers"), "capacity={}"),
    **dict.fromkeys(("limit_per_host", "max_per_host", "host_limit"), "per_host={}"),
    **dict.fromkeys(("rate_limit", "requests_per_second", "rps"), "rate={}"),
    **dict.fromkeys(("fail_first", "flaky", "unavailable"), "unavailable_first={}"),
    **dict.fromkeys(("address", "bind", "ip"), "host={}"),
    **dict.fromkeys(("cert", "certfile", "ssl"), "certificate={}"),
}


@hinted(Home("LocalServer({})", tuple, _OTHER_WORDS))
class LocalServer:
    """A real HTTP/1.1 server in a process of its own, with known latency.

    `latency` is in seconds: one number, or a sequence or a `LogNormal` from which a URL's `i=`
    query argument picks (a request without it: its number in the order of arrival). At most
    `capacity` requests are served at once, first in, first out; None is no limit. Port 0 takes
    any free one. With a `certificate`, the path of a PEM file with a private key and its
    certificates, it speaks TLS. With the name of a `fault` it misbehaves so at every URL; without,
    only at `/fault/<name>`, see `FAULTS`. Raises TypeError or ValueError if a setting breaks its
    rule.

    It may turn requests away, as others do that are asked too much. Beyond `per_host` requests
    under way for one host, and beyond `rate` requests per second over all hosts, a request is
    answered 429 at once: it takes no latency and no place, and counts for neither limit. A host is
    the name in the Host field, in lower case and without a port: 127.0.0.1 and localhost are two. A
    burst may be ahead of `rate` by half a second, so that any `t` seconds let in at most
    `1 + rate * (t + 0.5)`. The first `unavailable_first` tries of each URL that are let in are
    answered 503, after the latency. Both carry `Retry-After: 1`, or `retry_after` in whole seconds,
    rounded up; None sends none. `retry_after_as_date` sends a date instead, so much later than
    `Date`, which is then sent too.

        with LocalServer(latency=0.05) as server:
            run = fetch_threaded(server.urls(30))

    Without `with`, call `start()`, and `close()` or leave that to the end of the interpreter.
    """

    def __init__(
        self,
        latency: Latency = 0.0,
        *,
        capacity: int | None = None,
        per_host: int | None = None,
        rate: float | None = None,
        retry_after: Seconds | None = 1.0,
        retry_after_as_date: bool = False,
        unavailable_first: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: str | None = None,
        fault: str | None = None,
    ) -> None:
        self._settings = Settings(
            latency=latency,
            capacity=capacity,
            per_host=per_host,
            rate=rate,
            retry_after=retry_after,
            retry_after_as_date=retry_after_as_date,
            unavailable_first=unavailable_first,
            host=host,
            port=port,
            certificate=certificate,
            fault=fault,
        )
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._end: weakref.finalize[[], LocalServer] | None = None

    def __repr__(self) -> str:
        child = self._child
        where = "not running" if child is None else self._settings.base_url(child.port)
        settings = self._settings
        limits = {
            "per_host": settings.per_host,
            "rate": settings.rate,
            "unavailable_first": settings.unavailable_first or None,
        }
        said = "".join(f" {name}={limit}" for name, limit in limits.items() if limit is not None)
        return (
            f"<LocalServer {where} latency={settings.latency} capacity={settings.capacity}{said}>"
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Self:
        """Start the process, unless it runs, and return this server once it listens.

        Raises OSError if the address cannot be listened on, RuntimeError with what the process
        said if it does not come up within 10 s.
        """
        with self._lock:
            if self._child is None:
                self._child = _Child(self._settings)
                self._end = weakref.finalize(self, self._child.end)
                COUNTING_SERVERS.add(self._child)
        return self

    def close(self) -> None:
        """End the process and every connection; does nothing if it is not running."""
        with self._lock:
            end, self._end, self._child = self._end, None, None
        if end is not None:
            end()

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._settings.host

    @property
    def port(self) -> int:
        """The port it listens on; RuntimeError if it is not running, as for the rest here."""
        return self._running().port

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._running().pid

    @hinted()
    def url(self, path: str = "/") -> str:
        """Return the URL of a path, which must begin with a slash (else ValueError)."""
        if not isinstance(path, str):
            raise TypeError(f"path must be a str, got {path!r}")
        if not path.startswith("/"):
            raise ValueError(f"path must begin with a slash, as '/get', got {path!r}")
        return self._settings.base_url(self._running().port) + path

    @hinted()
    def urls(self, n: int, path: str = "/bytes/1024") -> list[str]:
        """Return `n` distinct URLs: the path with `i=0`, `i=1` and so on in its query.

        At `/bytes/<size>` each has a body of its own: UTF-8 text of that many bytes with `i=0`,
        `i=1` and so on as its first line, so that a body shows whose it is. With a seed, as in
        `/bytes/1024?seed=0`, all have the same bytes, see `bytes_of`.
        """
        whole(0).check("n", n)
        url = self.url(path)
        mark = "&" if "?" in path else "?"
        return [f"{url}{mark}i={i}" for i in range(n)]

    def stats(self) -> ServerStats:
        """Return what the server saw since its start or the last reset."""
        answer = self._running().ask(ask="stats")
        return ServerStats(
            **{field.name: answer[field.name] for field in attrs.fields(ServerStats)}
        )

    def reset(self) -> None:
        """Let the server count from zero, arrivals included."""
        self._running().ask(ask="reset")

    def _running(self) -> _Child:
        if self._child is None:
            raise RuntimeError('The server is not running: use "with LocalServer() as server:".')
        return self._child
