"""Sockets that keep the deadline of a fetch, in whatever thread."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from time import perf_counter

import pytest
from pace import in_time
from raw_server import RawServer, silent

from concurrent_fetch import Failure, FailureKind, Options, fetch_threaded
from concurrent_fetch.wire import BoundedSocket
from concurrent_fetch.wire._deadline_sockets import here, new_socket

_MUCH = 2**24  # more than lies between two sockets


@pytest.fixture(params=["main thread", "another"])
def elsewhere(request: pytest.FixtureRequest) -> Callable[[Callable[[], None]], None]:
    """Do something in this thread, or in another."""
    if request.param == "main thread":
        return lambda work: work()

    def in_thread(work: Callable[[], None]) -> None:
        raised: list[BaseException] = []

        def caught() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised below
                raised.append(error)

        thread = threading.Thread(target=caught)
        thread.start()
        thread.join()
        if raised:
            raise raised[0]

    return in_thread


def connected(listener: socket.socket, *, for_tunnel: bool = False) -> BoundedSocket:
    here.deadline = here.connect_by = perf_counter() + 0.2
    sock = new_socket(socket.AF_INET, for_tunnel=for_tunnel)
    sock.bound(1.0)
    sock.connect(listener.getsockname())
    return sock


def wait_for_either(sock: BoundedSocket) -> None:
    while True:  # the kernel may make room once more
        while sock.send_now(bytes(_MUCH)):
            pass
        sock.wait_for_either()


WAITS: dict[str, Callable[[BoundedSocket], object]] = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "sendall": lambda sock: sock.sendall(bytes(_MUCH)),
    "send": lambda sock: [sock.send(bytes(_MUCH)) for _ in range(9)],
    "wait_for_either": wait_for_either,
}


@pytest.mark.parametrize("for_tunnel", [False, True])
@pytest.mark.parametrize("name", WAITS)
def test_no_wait_outlasts_the_deadline(
    elsewhere: Callable[[Callable[[], None]], None], name: str, for_tunnel: bool
) -> None:
    def wait() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            connected(listener, for_tunnel=for_tunnel) as sock,
        ):
            started = perf_counter()
            with pytest.raises(TimeoutError):
                WAITS[name](sock)
            in_time(perf_counter() - started, 0.5)
            assert perf_counter() >= here.deadline - 0.01
            with pytest.raises(TimeoutError):
                sock.recv(1)

    elsewhere(wait)


def test_a_reader_that_drips_does_not_begin_the_time_anew(
    elsewhere: Callable[[Callable[[], None]], None],
) -> None:
    def send() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            connected(listener) as sock,
            listener.accept()[0] as peer,
        ):
            over = threading.Event()

            def drip() -> None:
                while not over.wait(0.02):
                    peer.recv(2**16)

            thread = threading.Thread(target=drip)
            thread.start()
            started = perf_counter()
            with pytest.raises(TimeoutError):
                sock.sendall(bytes(_MUCH))
            over.set()
            thread.join()
            in_time(perf_counter() - started, 0.5)

    elsewhere(send)


def test_what_has_come_is_read_without_a_wait(
    elsewhere: Callable[[Callable[[], None]], None],
) -> None:
    def read() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            connected(listener) as sock,
            listener.accept()[0] as peer,
        ):
            here.deadline = perf_counter() + 10
            assert sock.receive_now() is None
            assert not sock.has_news
            peer.sendall(b"hello")
            sock.sendall(b"well")
            assert peer.recv(9) == b"well"  # or its end would be a reset
            assert sock.recv(1) == b"h"
            assert sock.has_news
            assert sock.receive_now() == b"ello"
            assert not sock.has_news
            peer.close()
            assert sock.recv(1) == b""
            assert sock.has_news
            sock.close()
            assert sock.has_news

    elsewhere(read)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="threads get no signals here")
@pytest.mark.parametrize("client", ["plain", "requests"])
def test_signals_do_not_begin_the_time_anew(client: str) -> None:
    over = threading.Event()

    def poke() -> None:
        while not over.wait(0.05):
            for thread in threading.enumerate():
                if thread.name.startswith("fetch-") and thread.ident is not None:
                    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                        signal.pthread_kill(thread.ident, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    poking = threading.Thread(target=poke)
    poking.start()
    try:
        with RawServer(silent) as server:
            started = perf_counter()
            (failure,) = fetch_threaded([server.url()], Options(timeout=0.5), client=client)
            took = perf_counter() - started
    finally:
        over.set()
        poking.join()
        signal.signal(signal.SIGUSR1, before)
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.TIMEOUT
    assert 0.5 <= took < 5
