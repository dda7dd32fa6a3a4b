"""The command line."""

from concurrent_fetch.cli._commands import main

__all__ = [
    "main",
]
