"""The environment of a comparison: what it tells, and what it keeps to itself."""

import os
import platform
import subprocess
import sys
import sysconfig
from types import SimpleNamespace

import attrs
import pytest
from fakes import answers

from concurrent_fetch import Card, Runner
from concurrent_fetch.analysis._card import _build, read_card


@pytest.fixture
def card() -> Card:
    return attrs.evolve(read_card(), load=0.5, variables=())


def test_it_tells_python_machine_loop_and_versions() -> None:
    card = read_card()
    assert card.python == f"CPython {platform.python_version()}"
    assert card.build in {
        "GIL",
        "free-threaded",
        "free-threaded, GIL on",
        "free-threaded, GIL kept on",
    }
    assert card.has_gil == getattr(sys, "_is_gil_enabled", lambda: True)()
    assert 1 <= card.cores <= (os.cpu_count() or 1)
    assert card.loop.startswith("asyncio.")
    assert {"requests", "urllib3", "httpx", "aiohttp"} <= set(card.versions)
    assert f"requests {card.versions['requests']}" in str(card)


@pytest.mark.parametrize(
    ("is_on", "asked", "build"),
    [
        (False, None, "free-threaded"),
        (False, 0, "free-threaded"),
        (True, None, "free-threaded, GIL on"),
        (True, 1, "free-threaded, GIL kept on"),
    ],
)
def test_a_gil_that_was_asked_for_is_no_gil_that_a_module_turned_on(
    monkeypatch: pytest.MonkeyPatch, card: Card, is_on: bool, asked: int | None, build: str
) -> None:
    python = SimpleNamespace(_is_gil_enabled=lambda: is_on, flags=SimpleNamespace(gil=asked))
    monkeypatch.setattr("concurrent_fetch.analysis._card.sys", python)
    monkeypatch.setattr("sysconfig.get_config_var", {"Py_GIL_DISABLED": 1}.get)
    assert _build() == build
    found = attrs.evolve(card, build=build)
    assert found.has_gil == is_on
    assert (found.is_turned_on, found.is_kept_on) == (is_on and not asked, is_on and asked == 1)


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has its GIL always"
)
def test_a_free_threaded_python_that_is_started_with_its_gil_says_so() -> None:
    code = "from concurrent_fetch.analysis import read_card; print(read_card().build)"
    command = [sys.executable, "-X", "gil=1", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.strip() == "free-threaded, GIL kept on"


def test_a_variable_is_named_and_its_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("SSL_CERT_FILE", "/secret/path")
    monkeypatch.delenv("NETRC", raising=False)
    card = read_card()
    assert {"https_proxy", "SSL_CERT_FILE"} <= set(card.variables)
    assert "NETRC" not in card.variables
    assert "; environment variables set: " in str(card)
    assert "secret" not in f"{card!r}{card}"


def test_what_differs_is_named_with_both_values(card: Card) -> None:
    other = attrs.evolve(
        card,
        cores=card.cores + 1,
        versions={**card.versions, "requests": "1.0", "niquests": "3.0"},
        variables=("https_proxy",),
    )
    assert card.differences(card) == ()
    assert card.differences(other) == (
        f"cores: {card.cores} against {card.cores + 1}",
        f"requests: {card.versions['requests']} against 1.0",
        "niquests: not installed against 3.0",
        "https_proxy: not set against set",
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [(0.5, 1.4, ()), (0.5, 1.6, ("load: 0.5 against 1.6",)), (None, 9.0, ()), (9.0, None, ())],
)
def test_the_load_counts_where_it_is_far_apart(
    card: Card, mine: float | None, theirs: float | None, told: tuple[str, ...]
) -> None:
    one, other = attrs.evolve(card, load=mine), attrs.evolve(card, load=theirs)
    assert one.differences(other) == told


def test_every_comparison_has_one() -> None:
    card = Runner(["http://a.example/"], rounds=1).compare(answers).card
    assert attrs.evolve(card, load=None) == attrs.evolve(read_card(), load=None)
