"""Header fields that a user wants sent, with every request or with one."""

from collections.abc import Mapping
from typing import Any

import attrs

from concurrent_fetch.http import Headers

# These say how the message is framed or how the connection is kept: the clients' business. Some
# clients would act on them, others would send them as they are.
_OF_CONNECTION = "it is about the connection, which the client keeps; leave it out"
_OWNED_BY_CLIENT = {
    **dict.fromkeys(("http2-settings", "keep-alive", "proxy-connection", "te"), _OF_CONNECTION),
    "expect": "a body is sent at once, whatever the server thinks of its size; leave it out",
    "trailer": "nothing is sent behind a body; leave it out",
    "upgrade": "no client changes to another protocol; leave it out",
    "connection": "write Options(reuse_connections=False) for a new connection each time",
    "content-length": "it follows from the body",
    "transfer-encoding": "a body is sent as a whole, and its length said",
}


def as_headers(owner: str, value: Mapping[str, str]) -> Headers:
    """Return what a mapping of names to values says; `owner` is the class that has them.

    Raises:
        TypeError, ValueError: naming the field.
    """
    if isinstance(value, Headers):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{owner}.headers must be a mapping of names to values, got {type(value).__name__}; "
            "write headers={'Accept': 'text/html'}"
        )
    try:
        return Headers.from_mapping(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{owner}.headers: {error}") from None


def sendable(owner: object, field: "attrs.Attribute[Headers]", value: Any) -> None:
    """Refuse fields that are a client's business, and values that each client would encode its way.

    Raises:
        ValueError: naming the field.
    """
    name_of_field = f"{type(owner).__name__}.{field.name}"
    for name in value:
        if advice := _OWNED_BY_CLIENT.get(name.lower()):
            raise ValueError(f"{name_of_field} must not set {name!r}: {advice}")
    if value.is_ascii:
        return
    for name, text in value.fields:
        if not text.isascii():
            raise ValueError(
                f"{name_of_field}: the value of {name!r} must be ASCII, since clients encode "
                "the rest differently; percent-encode it"
            )
