"""How JSON is laid out on lines: to be read by people where that costs little."""

import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")  # no file in UTF-8 can hold one

compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Return JSON on one line."""


class Encoded(str):
    """JSON that is text already."""

    __slots__ = ()


def laid_out(tree: Any) -> str:
    """Return a tree as JSON; what holds objects or lists has a line for each of them."""
    text = _lines(tree, "\n") + "\n"
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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
