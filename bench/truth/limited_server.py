"""A server with a limit of its own, in a process of its own: a line that all share, or one core.

python -m bench.truth.limited_server bandwidth BYTES_A_SECOND
python -m bench.truth.limited_server computing SECONDS_A_REQUEST
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

BODY = b"x" * 50_000
PIECE = 10_000
LATENCY = 0.02


class Server:
    """Answers each request with the same body, and lets it wait for what is scarce."""

    def __init__(self, kind: str, value: float) -> None:
        self._kind, self._value = kind, value
        self._line = asyncio.Lock()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(LATENCY)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY))
                await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self._kind == "computing":
            end = perf_counter() + self._value
            while perf_counter() < end:
                pass
            writer.write(BODY)
            return
        for start in range(0, len(BODY), PIECE):
            async with self._line:
                await asyncio.sleep(PIECE / self._value)
                writer.write(BODY[start : start + PIECE])
        await writer.drain()


@contextmanager
def limited_server(kind: str, value: float) -> Iterator[str]:
    """Start one; yield its address."""
    command = [sys.executable, "-m", "bench.truth.limited_server", kind, str(value)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


async def serve(kind: str, value: float) -> None:
    server = await asyncio.start_server(Server(kind, value), "127.0.0.1", 0, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2])))
