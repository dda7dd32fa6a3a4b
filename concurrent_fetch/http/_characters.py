"""Characters that nobody sees, and how a message names one."""

import re
from unicodedata import category, name

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
# Fillers, selectors of a variant, and what only says that a text was decoded wrongly.
_INVISIBLE_TOO = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffd-\uffff"
    "\U000e0100-\U000e01ef]"
)
_CALLED = {"\0": "NULL", "\t": "TAB"}


def is_invisible(character: str) -> bool:
    """Whether it does not show where a text is read: white space, a mark, a control code."""
    if "!" <= character <= "~":
        return False
    return category(character) in _INVISIBLE or bool(_INVISIBLE_TOO.match(character))


def named(character: str) -> str:
    """Name a character by its number, and by its sign where that can be seen.

    >>> named("<")
    "'<' (U+003C LESS-THAN SIGN)"
    """
    number = f"U+{ord(character):04X} {_CALLED.get(character) or name(character, 'a control code')}"
    return number if is_invisible(character) else f"{character!r} ({number})"


def percent_encoded(character: str) -> str:
    """Return a character as it stands in a URL when it is quoted."""
    return f"%{character.encode('utf-8', 'replace').hex('%').upper()}"
