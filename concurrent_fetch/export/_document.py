"""A JSON document as text, such as every reader accepts and no terminal obeys."""

import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def as_json(document: Any) -> str:
    r"""Return the document as JSON without blanks.

    A lone surrogate, which is no Unicode and which strict readers refuse, stands as the six
    characters `\udc80`.

    Raises:
        ValueError: a number in it is not finite; JSON has none such.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return escaped(_SURROGATE.sub(lambda found: rf"\\u{ord(found[0]):x}", text))


def escaped(text: str) -> str:
    r"""Return JSON with a `\u` escape for all in it that does not print, which reads as the same.

    Line feeds stay: within a text JSON has none, between two values they are its layout.
    """
    odd = "".join(c for c in set(text) if not c.isprintable() and c != "\n")
    return re.sub(f"[{re.escape(odd)}]", _escape, text) if odd else text


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[i : i + 4]}" for i in range(0, len(units), 4))
