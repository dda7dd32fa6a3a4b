"""The versions of the JSON format, and how older files become files of this version."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

VERSION = 1
"""The version that is written.

1: a tree with the names of the classes' fields; every column of a record is a list.
"""

Upgrade: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

UPGRADES: Mapping[int, Upgrade] = {}
"""What makes a file of a version one of the next version.

An upgrade is given what has not been checked yet: it leaves alone what it does not understand.
"""
