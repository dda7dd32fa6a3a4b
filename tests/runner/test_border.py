"""What a traceback shows: the user's code, and at most ten lines that are not."""

import asyncio
import json
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from IPython.core.interactiveshell import InteractiveShell
from raw_server import closed_port

from concurrent_fetch import Runner, fetch_sync
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.runner._border import Border

pytestmark = pytest.mark.once


def nothing_listens(urls: list[str]) -> Any:
    return [requests.get(url, timeout=5) for url in urls]


async def nothing_listens_later(urls: list[str]) -> Any:
    async with httpx.AsyncClient() as client:
        return await asyncio.gather(*(client.get(url) for url in urls))


def breaks(urls: list[str]) -> Any:
    try:
        return json.loads(urls[0])
    except ValueError:
        raise KeyError("broken") from None


def returns_numbers(urls: list[str]) -> Any:
    return list(range(len(urls)))


def takes_nothing() -> Any: ...


BROKEN = [nothing_listens, nothing_listens_later, breaks, returns_numbers, takes_nothing]


@pytest.mark.parametrize("code", BROKEN)
def test_few_lines_of_a_traceback_are_not_the_users(code: Callable[..., Any]) -> None:
    with closed_port() as port:
        urls = [f"http://127.0.0.1:{port}/"] * 2
        with pytest.raises((StrategyError, TypeError)) as caught:
            Runner(urls).compare(fetch_sync, code)
    frames = caught.value.__cause__ and traceback.extract_tb(caught.value.__cause__.__traceback__)
    assert {frame.filename for frame in frames or ()} <= {__file__}
    text = "".join(traceback.format_exception(caught.value))
    assert "concurrent_fetch/" not in text.replace("tests/", "")
    lines = text.splitlines()
    others = [line for line in lines if line and not line.startswith("  ")]
    assert len(others) <= 10
    assert lines[-1].startswith(("concurrent_fetch.errors.StrategyError: ", "TypeError: "))


def test_what_is_hidden_is_still_there() -> None:
    with closed_port() as port, pytest.raises(StrategyError) as caught:
        Runner([f"http://127.0.0.1:{port}/"]).compare(nothing_listens)
    cause = caught.value.__cause__
    assert isinstance(cause, requests.ConnectionError)
    assert cause.__context__ is not None


def _raise_without_a_user() -> None:
    try:
        json.loads("[")
    except ValueError as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        with Border():
            raise StrategyError("theirs") from error


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(AttributeError) as caught, Border():
        raise AttributeError("ours")
    assert len(caught.traceback) == 1
    with pytest.raises(StrategyError) as caught_too:
        _raise_without_a_user()
    assert caught_too.value.__cause__ is not None
    assert len(traceback.extract_tb(caught_too.value.__cause__.__traceback__)) > 1


def test_a_notebook_shows_as_little(capsys: pytest.CaptureFixture[str]) -> None:
    shell: Any = InteractiveShell.instance()
    shell.run_cell("import concurrent_fetch as cf\ndef mine(urls): return [1 for _ in urls]")
    shell.run_cell("cf.Runner(['http://127.0.0.1:1/']).compare(mine)")
    shown = capsys.readouterr().out
    assert "strategy 'mine' returned a value of type int among its results" in shown
    assert "_runner.py" not in shown
    assert len(shown.splitlines()) <= 10
    InteractiveShell.clear_instance()
