"""The built-in clients, each in a module of its own that is imported when it is asked for."""

from importlib import import_module
from typing import Any

from concurrent_fetch.fetch import AsyncClient, Client

aiohttp_client: AsyncClient
httptools_async_client: AsyncClient
httptools_client: Client
httpx_async_client: AsyncClient
httpx_client: Client
plain_async_client: AsyncClient
plain_client: Client
requests_client: Client

_MODULES = {
    "aiohttp_client": "_aiohttp",
    "httptools_async_client": "_httptools",
    "httptools_client": "_httptools",
    "httpx_async_client": "_httpx",
    "httpx_client": "_httpx",
    "plain_async_client": "_plain",
    "plain_client": "_plain",
    "requests_client": "_requests",
}

__all__ = [
    "aiohttp_client",
    "httptools_async_client",
    "httptools_client",
    "httpx_async_client",
    "httpx_client",
    "plain_async_client",
    "plain_client",
    "requests_client",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
