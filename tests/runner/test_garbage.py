"""A Ctrl-C that comes while garbage is collected is not lost."""

import gc
import signal
import threading

import pytest

import concurrent_fetch as cf
from concurrent_fetch.runner._garbage import collect


class Interrupting:
    """Garbage that only a collection finds, with a Ctrl-C in its finalizer."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _nothing_else_collects() -> object:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_ctrl_c_in_a_finalizer_follows_the_collection() -> None:
    Interrupting()
    with pytest.raises(KeyboardInterrupt):
        collect()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_between_two_runs_ends_a_comparison() -> None:
    def leave(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        Interrupting()
        return list(cf.fetch_sync(urls, options))

    with pytest.raises(KeyboardInterrupt):
        cf.Runner(["http://127.0.0.1:1/"]).compare(leave)


def test_a_handler_of_the_program_is_called_once() -> None:
    came = []
    usual = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        Interrupting()
        collect()
        assert came == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, usual)


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Interrupting()
        collect()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_another_thread_leaves_signals_alone() -> None:
    thread = threading.Thread(target=collect)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
