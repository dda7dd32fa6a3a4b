"""Turns neutral descriptions into something to look at; knows nothing of what they describe."""

from concurrent_fetch.render._characters import visible
from concurrent_fetch.render._curves import Curve, Mark, Panel, curves
from concurrent_fetch.render._format import (
    average,
    count,
    interval,
    many,
    or_missing,
    percent,
    rate,
    ratio,
    seconds,
    size,
)
from concurrent_fetch.render._html import to_html
from concurrent_fetch.render._intervals import Interval, intervals
from concurrent_fetch.render._lane import Lane, fetches
from concurrent_fetch.render._markdown import escaped, to_markdown
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._table import Align, Column, Table
from concurrent_fetch.render._text import to_text
from concurrent_fetch.render._timeline import timeline

__all__ = [
    "Align",
    "Column",
    "Curve",
    "Interval",
    "Lane",
    "Mark",
    "Panel",
    "Picture",
    "Table",
    "average",
    "count",
    "curves",
    "escaped",
    "fetches",
    "interval",
    "intervals",
    "many",
    "or_missing",
    "percent",
    "rate",
    "ratio",
    "seconds",
    "size",
    "timeline",
    "to_html",
    "to_markdown",
    "to_text",
    "visible",
]
