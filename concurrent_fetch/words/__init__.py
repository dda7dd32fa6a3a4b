"""Words for who uses this: harmless text, near misses, rules for what is given, help for a call."""

from concurrent_fetch.words._hints import Home, described, hint, hinted
from concurrent_fetch.words._rules import (
    FLAG,
    Rule,
    is_number,
    is_whole,
    seconds,
    whole,
)
from concurrent_fetch.words._text import called, did_you_mean, nearest, told, visible

__all__ = [
    "FLAG",
    "Home",
    "Rule",
    "called",
    "described",
    "did_you_mean",
    "hint",
    "hinted",
    "is_number",
    "is_whole",
    "nearest",
    "seconds",
    "told",
    "visible",
    "whole",
]
