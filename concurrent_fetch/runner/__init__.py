"""Carries measurements out: who runs when, with the clocks around just that."""

from concurrent_fetch.runner._bridge import Bridge, Clocks, Driven
from concurrent_fetch.runner._elsewhere import elsewhere
from concurrent_fetch.runner._interpreters import find_interpreter, told_apart
from concurrent_fetch.runner._matching import in_url_order
from concurrent_fetch.runner._plan import Plan, is_loopback
from concurrent_fetch.runner._runner import Runner

__all__ = [
    "Bridge",
    "Clocks",
    "Driven",
    "Plan",
    "Runner",
    "elsewhere",
    "find_interpreter",
    "in_url_order",
    "is_loopback",
    "told_apart",
]
