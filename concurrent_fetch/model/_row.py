"""Row: what a value that is no outcome tells of a fetch: as much as is known, and often little."""

from typing import Any

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Bytes
from concurrent_fetch.words import FLAG, whole


def _text(name: str) -> Any:
    def check(_: object, __: object, value: object) -> None:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"Row.{name} must be a str or None, got {value!r}")

    return check


def _body(_: object, __: object, value: Any) -> None:
    if value is not None and not isinstance(value, bytes):
        raise TypeError(f"Row.body must be bytes or None, got a {type(value).__name__}")


def _kind(_: object, __: object, value: Any) -> None:
    if value is not None and not isinstance(value, FailureKind):
        raise TypeError(f"Row.kind must be a FailureKind or None, got {value!r}")


_COUNT = whole(0, none="None where it is not known").of_field


@attrs.frozen(kw_only=True)
class Row:
    """What a value of another library tells of one fetch; None where that is not known.

    It never becomes an outcome: it is compared by what it tells, and no more. A converter makes
    one of a value, without I/O and of what is loaded already: the entry point of the group
    `concurrent_fetch.values` that is called like the type of the value, as
    `niquests.models.Response`.

    Raises:
        TypeError, ValueError: with the field, the value and the rule it broke.
    """

    url: str | None = attrs.field(default=None, validator=_text("url"))
    """What was asked for, before redirects; None stands for the URL at the place of the value."""
    status_code: int | None = attrs.field(
        default=None, validator=whole(100, 999, none="None where it is not known").of_field
    )
    """Any; without a failure it says that the URL was answered."""
    body: bytes | None = attrs.field(default=None, validator=_body, repr=False)
    """Decoded; it is measured and let go."""
    size: Bytes | None = attrs.field(default=None, validator=_COUNT)
    """Of the decoded body, where that is not given."""
    length: int | None = attrs.field(default=None, validator=_COUNT)
    """Of the body or of its text: of which is not known."""
    characters: int | None = attrs.field(default=None, validator=_COUNT)
    """Of its text."""
    unread: bool = attrs.field(default=False, validator=FLAG.of_field)
    """Whether the body was left unread, so that another did more work."""
    kind: FailureKind | None = attrs.field(default=None, validator=_kind)
    """Why the URL was not answered; None if it was."""
    message: str | None = attrs.field(default=None, validator=_text("message"))
    """Of the exception of one that was not."""
    error: str | None = attrs.field(default=None, validator=_text("error"))
    """The name of its class."""
    final_url: str | None = attrs.field(default=None, validator=_text("final_url"))
    """Where redirects led to."""
    http_version: str | None = attrs.field(default=None, validator=_text("http_version"))
    """As `1.1`."""
    coding: str | None = attrs.field(default=None, validator=_text("coding"))
    """How the body was encoded, as `gzip`."""
    digest: str | None = attrs.field(default=None, validator=_text("digest"), repr=False)
    """SHA-256 of the decoded body in hex digits, where that is not given."""

    @property
    def tells_nothing(self) -> bool:
        """Whether nothing is known but that the URL was asked for."""
        return attrs.evolve(self, url=None) == _NOTHING


_NOTHING = Row()
