"""The built-in clients, each in a module of its own that is imported when it is asked for."""

from importlib import import_module
from typing import Any

from concurrent_fetch.fetch import AsyncClient, Client

aiohttp_client: AsyncClient
httpx_async_client: AsyncClient
httpx_client: Client
requests_client: Client

_MODULES = {
    "aiohttp_client": "_aiohttp",
    "httpx_async_client": "_httpx",
    "httpx_client": "_httpx",
    "requests_client": "_requests",
}

__all__ = ["aiohttp_client", "httpx_async_client", "httpx_client", "requests_client"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
