"""Turns neutral descriptions into something to look at; knows nothing of what they describe."""

from concurrent_fetch.render._curves import Panel, curves
from concurrent_fetch.render._format import (
    average,
    interval,
    many,
    percent,
    rate,
    ratio,
    seconds,
    size,
)
from concurrent_fetch.render._html import to_html
from concurrent_fetch.render._intervals import Interval, intervals
from concurrent_fetch.render._lane import Lane
from concurrent_fetch.render._markdown import to_markdown
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._table import Field, Table
from concurrent_fetch.render._text import to_text
from concurrent_fetch.render._timeline import timeline

__all__ = [
    "Field",
    "Interval",
    "Lane",
    "Panel",
    "Picture",
    "Table",
    "average",
    "curves",
    "interval",
    "intervals",
    "many",
    "percent",
    "rate",
    "ratio",
    "seconds",
    "size",
    "timeline",
    "to_html",
    "to_markdown",
    "to_text",
]
