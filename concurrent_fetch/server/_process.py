"""The child's side: a server that talks with its parent in JSON lines over stdin and stdout.

It ends when stdin ends, which happens however the parent dies. A process that the parent forked
may hold the other end of that pipe for longer, therefore the parent's id is watched as well.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import attrs

from concurrent_fetch.server._listen import listening
from concurrent_fetch.server._loop import new_loop, raise_descriptor_limit
from concurrent_fetch.server._service import Service
from concurrent_fetch.server._settings import Settings

_STDIN, _STDOUT = 0, 1


def main() -> None:
    """Serve the parent that started this process until it is gone."""
    if sys.stdin.isatty():
        sys.exit("LocalServer starts this. By hand: python -m concurrent_fetch serve")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    questions = _messages(_STDIN)
    first = next(questions, None)
    if first is not None:
        raise_descriptor_limit()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(first, questions, parent))


def _messages(descriptor: int) -> Iterator[dict[str, Any]]:
    # Not sys.stdin: a thread that waits in its buffer's lock breaks the interpreter's shutdown.
    rest = b""
    while data := os.read(descriptor, 65_536):
        *lines, rest = (rest + data).split(b"\n")
        yield from map(json.loads, lines)


def _answer(question: dict[str, Any], **facts: object) -> None:
    data = json.dumps({"id": question["id"], **facts}).encode() + b"\n"
    os.write(_STDOUT, data)


async def _serve(first: dict[str, Any], questions: Iterator[dict[str, Any]], parent: int) -> None:
    ended = asyncio.Event()
    try:
        async with listening(Settings.from_json(first["settings"])) as (service, port):
            _answer(first, port=port)
            _listen_to_parent(questions, service, ended)
            await _orphaned(parent, ended)
    except OSError as error:
        _answer(first, errno=error.errno, error=error.strerror or str(error))


def _listen_to_parent(
    questions: Iterator[dict[str, Any]], service: Service, ended: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()

    def relay() -> None:
        for question in questions:
            loop.call_soon_threadsafe(_reply_to, question, service)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=relay, daemon=True).start()


def _reply_to(question: dict[str, Any], service: Service) -> None:
    if question["ask"] == "served":
        _answer(question, served=service.served)
        return
    if question["ask"] == "reset":
        service.reset()
    _answer(question, **attrs.asdict(service.stats()))


async def _orphaned(parent: int, ended: asyncio.Event) -> None:
    while os.getppid() == parent and not ended.is_set():
        try:
            await asyncio.wait_for(ended.wait(), 1.0)
        except TimeoutError:
            continue
