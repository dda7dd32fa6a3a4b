"""How JSON is laid out on lines: to be read by people where that costs little."""

import json
from typing import Any

from concurrent_fetch.export._document import escaped

compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Return JSON on one line."""


class Encoded(str):
    """JSON that is text already."""

    __slots__ = ()


def laid_out(tree: Any) -> str:
    """Return a tree as JSON; what holds objects or lists has a line for each of them."""
    return escaped(_lines(tree, "\n") + "\n")


def _lines(tree: Any, indent: str) -> str:
    if isinstance(tree, Encoded):
        return tree
    inner = f"{indent}  "
    if isinstance(tree, dict) and any(map(_has_parts, tree.values())):
        parts = [f"{compact(key)}: {_lines(item, inner)}" for key, item in tree.items()]
        return f"{{{inner}{f',{inner}'.join(parts)}{indent}}}"
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        return f"[{inner}{f',{inner}'.join(_lines(item, inner) for item in tree)}{indent}]"
    return compact(tree)


def _has_parts(tree: Any) -> bool:
    return isinstance(tree, (dict, list, Encoded))
