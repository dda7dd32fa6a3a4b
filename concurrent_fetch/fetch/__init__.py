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
from concurrent_fetch.fetch._fetching import ANY_METHOD, Fetching, UsualHeaders
from concurrent_fetch.fetch._making import frozen_response, response_to_fill, timing_of
from concurrent_fetch.fetch._turns import SLICE

__all__ = [
    "ANY_METHOD",
    "SLICE",
    "AsyncClient",
    "AsyncGet",
    "AsyncSend",
    "Client",
    "Exchange",
    "Fetching",
    "Get",
    "Send",
    "UsualHeaders",
    "classify",
    "find_async_client",
    "find_client",
    "frozen_response",
    "in_words",
    "response_to_fill",
    "timing_of",
]
