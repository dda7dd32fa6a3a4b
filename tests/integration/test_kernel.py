"""In a notebook: an interrupted cell ends within a second, and the kernel goes on as if new."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fetching import eventually
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from pace import in_time

from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once  # how a kernel interrupts; Ctrl-C itself is tested on each

PREPARE = """
import asyncio, gc, os, re, threading
import concurrent_fetch as cf
from concurrent_fetch.clients import aiohttp_client, httpx_client, requests_client
options = cf.Options(concurrency=6)
urls = {urls!r}
def link(name):
    try:
        return os.readlink("/proc/self/fd/" + name)
    except OSError:  # closed since it was listed
        return ""
def sockets():
    return set(filter(re.compile("socket:").match, map(link, os.listdir("/proc/self/fd"))))
async def kept():
    return set(threading.enumerate()), sockets(), asyncio.all_tasks()
"""
BEFORE = "before = await kept()"
AFTER = """
for _ in range(50):
    gc.collect()
    more = [now - then for now, then in zip(await kept(), before)]
    more[2] = {task for task in more[2] if task.get_name().startswith("fetch-")}
    if not any(more): break
    await asyncio.sleep(0.02)
print([str(one) for each in more for one in each])
"""
CELLS = {
    "sync": "cf.fetch_sync(urls, options)",
    "threaded": "cf.fetch_threaded(urls, options)",
    "threaded-httpx": "cf.fetch_threaded(urls, options, client='httpx')",
    "async": "await cf.fetch_async(urls, options)",
    "async-httpx": "await cf.fetch_async(urls, options, client='httpx')",
    "iter": "async for _ in cf.iter_async(urls, options): pass",
    "bar": "cf.fetch_threaded(urls, cf.Options(concurrency=6, progress=True))",
    "async-bar": "await cf.fetch_async(urls, cf.Options(concurrency=6, progress=True))",
    "compare": "cf.Runner(urls, options).compare(cf.fetch_threaded, cf.fetch_async, cf.fetch_sync)",
    # Of few URLs, so that an interrupt finds them in the check runs and in the rounds.
    "sweep": "cf.Runner(urls[:6], options).sweep(cf.fetch_async, (3, 6))",
    "sweep-threaded": "cf.Runner(urls[:6], options).sweep(cf.fetch_threaded, (3, 6))",
    "ladder": "cf.Runner(urls[:1], options).ladder()",
}
BARS = {
    "threaded": ("cf.fetch_threaded(urls, cf.Options(progress=True))", "fetch_threaded:"),
    "async": ("await cf.fetch_async(urls, cf.Options(progress=True))", "fetch_async:"),
    "compare": ("cf.Runner(urls, rounds=1, progress=True).compare(cf.fetch_threaded)", "0/3"),
}
ENDS = {"KeyboardInterrupt", "CancelledError"}
CAUGHT = """
try:
    {cell}
except (KeyboardInterrupt, asyncio.CancelledError) as end:
    print(type(end).__name__)
"""


class Notebook:
    """A kernel, and the cells it runs."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def run(self, cell: str) -> tuple[str, str]:
        """Run a cell; return what it printed, and the exception that ended it or nothing."""
        return self._end_of(self._client.execute(cell))

    def shown(self, cell: str) -> list[tuple[str, str]]:
        """Run a cell; return what came of it: each message's kind or stream, and its text."""
        number = self._client.execute(cell)
        messages: list[tuple[str, str]] = []

        def is_end(kind: str, content: dict[str, Any]) -> bool:
            if kind not in ("status", "execute_input"):
                messages.append((content.get("name", kind), content.get("text", "")))
            return kind == "status" and content["execution_state"] == "idle"

        self._until(number, is_end)
        return messages

    def interrupt(self, cell: str, after: float) -> tuple[str, str, float]:
        """Run a cell, interrupt it; return the same as `run`, and how long it took to end."""
        number = self._client.execute(cell)
        self._until(number, lambda kind, _: kind == "execute_input")
        time.sleep(after)
        began = time.monotonic()
        self._manager.interrupt_kernel()
        return *self._end_of(number), time.monotonic() - began

    def _end_of(self, number: str) -> tuple[str, str]:
        printed, error = "", ""

        def is_end(kind: str, content: dict[str, Any]) -> bool:
            nonlocal printed, error
            if kind == "stream" and content["name"] == "stdout":
                printed += content["text"]
            elif kind == "error":
                error = content["ename"]
            return kind == "status" and content["execution_state"] == "idle"

        self._until(number, is_end)
        return printed, error

    def _until(self, number: str, holds: Any) -> None:
        while True:
            message = self._client.get_iopub_msg(timeout=30)
            mine = message["parent_header"].get("msg_id") == number
            if mine and holds(message["msg_type"], message["content"]):
                return


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(latency=0.3) as server:
        yield server


@contextmanager
def new_notebook() -> Iterator[Notebook]:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture(scope="module")
def notebook(server: LocalServer) -> Iterator[Notebook]:
    with new_notebook() as notebook:
        assert notebook.run(PREPARE.format(urls=server.urls(60))) == ("", "")
        # The first traceback of a kernel imports what draws it.
        assert notebook.run("raise KeyboardInterrupt") == ("", "KeyboardInterrupt")
        yield notebook


@pytest.mark.alone
@pytest.mark.parametrize("name", CELLS)
def test_an_interrupted_cell(
    notebook: Notebook,
    server: LocalServer,
    name: str,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    times = []
    for _ in range(3):
        after = random.uniform(0.01, 1.0)
        notebook.run(BEFORE)
        # Caught: to draw the traceback takes IPython far longer than the run takes to end.
        ended_by, error, took = notebook.interrupt(CAUGHT.format(cell=CELLS[name]), after)
        times.append(took)
        assert ended_by.strip() in ENDS, f"interrupted after {after} s"
        assert error == ""
        in_time(took, 1.0)
        assert notebook.run(AFTER) == ("[]\n", ""), f"interrupted after {after} s"
        eventually(lambda: server.stats().open_connections == 0)
    record_testsuite_property(f"seconds from interrupt to end, {name}", times)
    record_testsuite_property(f"worst of them, {name}", max(times))


@pytest.mark.parametrize("name", CELLS)
def test_an_interrupted_cell_shows_what_ended_it(
    notebook: Notebook, name: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    notebook.run(BEFORE)
    printed, error, took = notebook.interrupt(CELLS[name], random.uniform(0.01, 1.0))
    assert error in ENDS
    assert printed == ""
    assert notebook.run(AFTER) == ("[]\n", "")
    record_testsuite_property(f"seconds until its traceback is drawn, {name}", took)


@pytest.mark.long
@pytest.mark.parametrize(("cell", "said"), BARS.values(), ids=BARS)
def test_without_ipywidgets_a_plain_bar_is_all_that_is_shown(
    server: LocalServer, cell: str, said: str
) -> None:
    with new_notebook() as notebook:
        hidden = "import sys, concurrent_fetch as cf; sys.modules['ipywidgets'] = None"
        assert notebook.shown(f"{hidden}; urls = {server.urls(3)!r}") == []
        messages = notebook.shown(f"_ = {cell}")
    assert {kind for kind, _ in messages} == {"stderr"}
    text = "".join(text for _, text in messages)
    assert said in text
    assert "arn" not in text, "nobody asked for a warning"
    assert text.endswith("\r"), "the bar is taken away"
