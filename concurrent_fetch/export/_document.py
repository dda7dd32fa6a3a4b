"""A JSON document as text, such as every reader accepts."""

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
    return _SURROGATE.sub(lambda found: rf"\\u{ord(found[0]):x}", text)
