"""Names that have whatever addresses a test gives them."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

Resolve: TypeAlias = Callable[..., object]
"""The fixture `resolves_to`: makes every name have these addresses, after a while."""


def resolve_to(
    monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str], after: float = 0.0
) -> list[str]:
    """Let every name have these addresses, at each look-up the next; return what was asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> Any:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        time.sleep(after)
        return [
            (
                socket.AF_INET6 if ":" in literal else socket.AF_INET,
                *(socket.SOCK_STREAM, 6, ""),
                (literal, port, 0, 0) if ":" in literal else (literal, port),
            )
            for literal in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked
