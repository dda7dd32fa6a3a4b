"""One fetch, without I/O: from a URL through its exchanges to an outcome. And what a client is."""

from concurrent_fetch.fetch._classify import classify, in_words
from concurrent_fetch.fetch._client import (
    AsyncClient,
    AsyncGet,
    Client,
    Get,
    find_async_client,
    find_client,
)
from concurrent_fetch.fetch._drivers import AsyncSend, Send
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.fetch._fetching import Fetching
from concurrent_fetch.fetch._turns import SLICE

__all__ = [
    "SLICE",
    "AsyncClient",
    "AsyncGet",
    "AsyncSend",
    "Client",
    "Exchange",
    "Fetching",
    "Get",
    "Send",
    "classify",
    "find_async_client",
    "find_client",
    "in_words",
]
