"""Sugar on headers: credentials, cookies and a user agent, as people know them elsewhere."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

_COOKIE_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, section 4.1.1

_NOT_IN_AUTH = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # RFC 7617, section 2; and no UTF-8


class Cookies(Mapping[str, str]):
    """Cookies by name; frozen, hashable, and none of their values is shown."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self._values, "***"))

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return Cookies, (self._values,)


def as_auth(value: Any) -> tuple[str, str] | None:
    """Return a user and a password.

    Raises:
        TypeError, ValueError: with what to write instead; nothing of them is shown.
    """
    if value is None:
        return None
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise TypeError(
            "Options.auth must be a pair (user, password) of str, or None, got "
            f"{_types(value)}; a token goes into headers={{'Authorization': ...}}"
        )
    for name, part in zip(("user", "password"), pair, strict=True):
        if _NOT_IN_AUTH.search(part):
            raise ValueError(
                f"Options.auth: the {name} must not have control characters or surrogates in it; "
                "write .strip() where it was read from a file"
            )
    if ":" in pair[0]:
        raise ValueError("Options.auth: a user has no colon in it, since that ends it")
    return pair[0], pair[1]


def _types(value: object) -> str:
    """Say what was given without a word of it."""
    if not isinstance(value, (tuple, list)):
        return type(value).__name__
    return f"{type(value).__name__} of ({', '.join(type(part).__name__ for part in value)})"


def as_cookies(value: Any) -> Cookies:
    """Return cookies by name.

    Raises:
        TypeError, ValueError: with what to write instead; no value is shown.
    """
    if isinstance(value, Cookies):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(
            f"Options.cookies must be a mapping of names to values, got {type(value).__name__}; "
            "write cookies={'name': 'value'}"
        )
    for name, text in value.items():
        if not isinstance(name, str) or not _COOKIE_NAME.fullmatch(name):
            raise ValueError(f"Options.cookies: {name!r} is no name of a cookie")
        if not isinstance(text, str):
            raise TypeError(
                f"Options.cookies: the value of {name!r} must be a str, got {type(text).__name__}; "
                "write str(value)"
            )
        if not _COOKIE_VALUE.fullmatch(text):
            raise ValueError(
                f"Options.cookies: the value of {name!r} must be ASCII text without blanks, "
                "quotes, commas, semicolons and backslashes; percent-encode it"
            )
    return Cookies(value)


def basic(auth: tuple[str, str]) -> str:
    """Return the field value of basic authentication (RFC 7617, in UTF-8)."""
    return f"Basic {b64encode(':'.join(auth).encode()).decode('ascii')}"
