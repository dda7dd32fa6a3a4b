"""What LocalServer refuses, and what it says to it."""

from collections.abc import Callable
from typing import Any

import pytest

from concurrent_fetch.server import LocalServer, LogNormal


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"latency": -1}, ValueError, "latency must be finite seconds of at least 0, got -1"),
        (
            {"latency": float("nan")},
            ValueError,
            "finite seconds of at least 0, got nan",
        ),
        ({"latency": True}, TypeError, "latency must be seconds as a float, got True"),
        ({"latency": "1"}, TypeError, "latency must be seconds as a float, got '1'"),
        ({"latency": []}, ValueError, "latency must hold at least one"),
        (
            {"latency": [0.1, -1]},
            ValueError,
            r"latency\[1\] must be finite seconds of at",
        ),
        ({"capacity": 0}, ValueError, "capacity must be at least 1, or None for no limit, got 0"),
        ({"capacity": True}, TypeError, "capacity must be an int, or None for no limit, got True"),
        ({"capacity": 1.5}, TypeError, "capacity must be an int, or None for no limit, got 1.5"),
        (
            {"port": 70_000},
            ValueError,
            "port must be from 0 .* to 65535, got 70000",
        ),
        ({"per_host": 0}, ValueError, "per_host must be at least 1, or None for no limit, got 0"),
        ({"per_host": "4"}, TypeError, "per_host must be an int, .* got '4'; write per_host=4"),
        (
            {"rate": 0},
            ValueError,
            "rate must be above 0 and at most 1,000,000 requests per second, or None for no limit",
        ),
        ({"rate": float("inf")}, ValueError, "rate must be above 0 .* got inf"),
        ({"rate": float("nan")}, ValueError, "rate must be above 0 .* got nan"),
        ({"rate": "50"}, TypeError, "rate must be a number of requests per second, or None"),
        (
            {"retry_after": -1},
            ValueError,
            "retry_after must be from 0 to 1,000,000,000 seconds, or None to send no Retry-After",
        ),
        ({"retry_after": float("inf")}, ValueError, "retry_after must be from 0 .* got inf"),
        ({"retry_after": "5 s"}, TypeError, "got '5 s'; write retry_after=5.0"),
        ({"retry_after_as_date": 1}, TypeError, "retry_after_as_date must be True or False"),
        ({"unavailable_first": -1}, ValueError, "unavailable_first must be at least 0, got -1"),
        ({"unavailable_first": None}, TypeError, "unavailable_first must be an int, got None"),
        ({"host": ""}, ValueError, "host must name"),
        ({"host": 7}, TypeError, "host must be a str, got 7"),
    ],
)
def test_a_setting_that_breaks_its_rule_is_named(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LocalServer(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"median": 0}, ValueError),
        ({"median": -1}, ValueError),
        ({"sigma": -0.1}, ValueError),
        ({"sigma": float("inf")}, ValueError),
        ({"seed": 1.5}, TypeError),
        ({"seed": True}, TypeError),
    ],
)
def test_a_log_normal_that_breaks_its_rule_is_named(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"{next(iter(arguments))} must be"):
        LogNormal(**arguments)


def test_urls_and_paths_that_break_their_rule_are_named(server: LocalServer) -> None:
    with pytest.raises(ValueError, match="n must be at least 0, got -1"):
        server.urls(-1)
    with pytest.raises(TypeError, match="n must be an int"):
        server.urls(True)
    with pytest.raises(ValueError, match="path must begin with a slash"):
        server.url("get")


@pytest.mark.parametrize(
    "use",
    [
        lambda server: server.url("/"),
        lambda server: server.urls(1),
        lambda server: server.stats(),
        lambda server: server.reset(),
        lambda server: server.pid,
        lambda server: server.port,
    ],
)
def test_use_before_start_and_after_close_says_what_to_write(
    use: Callable[[LocalServer], object],
) -> None:
    server = LocalServer()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r'use "with LocalServer\(\) as server:"'):
            use(server)
        server.start().close()
