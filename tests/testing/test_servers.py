"""Servers that serve check after check."""

import os

import pytest
from plain_http import connect, get

from concurrent_fetch.testing._servers import Servers


def test_a_server_that_is_given_back_as_it_was_is_lent_again_counting_from_zero() -> None:
    servers = Servers()
    with servers.lent() as first:
        get(first, "/get")
    with servers.lent() as again:
        assert again is first
        assert again.stats().requests == 0


def test_what_is_lent_is_nobody_elses() -> None:
    servers = Servers()
    with servers.lent() as one, servers.lent() as other:
        assert one is not other


def test_one_that_somebody_is_still_connected_to_ends() -> None:
    servers = Servers()
    with servers.lent() as server:
        leaked = connect(server)
    with leaked, servers.lent() as fresh:
        assert fresh is not server
        with pytest.raises(RuntimeError, match="not running"):
            server.stats()


def test_one_that_was_closed_or_killed_is_not_lent_again() -> None:
    servers = Servers()
    with servers.lent() as closed:
        closed.close()
    with servers.lent() as killed:
        os.kill(killed.pid, 9)
    with servers.lent() as server:
        assert server not in (closed, killed)
        assert server.stats().requests == 0


def test_where_a_check_is_interrupted_its_server_ends() -> None:
    servers = Servers()
    with pytest.raises(KeyboardInterrupt), servers.lent() as server:
        raise KeyboardInterrupt
    with pytest.raises(RuntimeError, match="not running"):
        server.stats()
