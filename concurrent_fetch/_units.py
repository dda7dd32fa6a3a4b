"""Units as types: a quantity has one unit inside the package; only rendering knows others."""

from typing import TypeAlias

Seconds: TypeAlias = float
Bytes: TypeAlias = int
