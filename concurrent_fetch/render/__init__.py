"""Turns neutral descriptions into something to look at; knows nothing of what they describe."""

from concurrent_fetch.render._characters import visible
from concurrent_fetch.render._format import (
    count,
    interval,
    many,
    percent,
    rate,
    ratio,
    seconds,
    size,
)
from concurrent_fetch.render._table import Align, Column, Table
from concurrent_fetch.render._text import to_text

__all__ = [
    "Align",
    "Column",
    "Table",
    "count",
    "interval",
    "many",
    "percent",
    "rate",
    "ratio",
    "seconds",
    "size",
    "to_text",
    "visible",
]
