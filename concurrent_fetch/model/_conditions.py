"""Conditions: what asks a server whether a response has changed meanwhile (RFC 9110, 13.1)."""

import re
from collections.abc import Mapping

from concurrent_fetch.http import Headers

_ENTITY_TAG = re.compile(r'(?:W/)?"[!#-~]*"')  # RFC 9110, 8.8.3, but for bytes that nobody may send


def _is_tag(text: str) -> bool:
    return _ENTITY_TAG.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few ask again

    try:
        parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return False
    return text.isascii() and text[:3].isalpha()  # of a weekday: some date is in any four numbers


_CONDITIONS = (("If-None-Match", "ETag", _is_tag), ("If-Modified-Since", "Last-Modified", _is_date))


def with_conditions(fields: Mapping[str, str], answer: Headers) -> Headers:
    """Return the fields with the conditions that an answer allows, and with no others.

    What a server says once, and as the standard has it, can be said back to it.
    """
    replaced = {name.lower() for name, _, _ in _CONDITIONS}
    kept = {name: value for name, value in fields.items() if name.lower() not in replaced}
    for name, source, is_one in _CONDITIONS:
        said = answer.get_all(source)
        if len(said) == 1 and is_one(said[0]):
            kept[name] = said[0]
    return Headers.from_mapping(kept)
