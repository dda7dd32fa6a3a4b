"""Why a fetch ends without a response: the closed set of kinds, and what carries one upwards."""

from enum import StrEnum


class FailureKind(StrEnum):
    """Why a URL was not answered by a complete response. The set is closed."""

    INVALID_URL = "invalid_url"
    """The URL, or a redirect's Location, is no usable http(s) URL; nothing was sent to it."""
    DNS = "dns"
    """The name does not resolve."""
    CONNECT = "connect"
    """No TCP connection: refused or unreachable."""
    TLS = "tls"
    """Handshake or certificate refused, by either side."""
    TIMEOUT = "timeout"
    """`Options.timeout` or `Options.connect_timeout` ran out."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    """One redirect more than `Options.max_redirects` (which is not 0)."""
    DISCONNECTED = "disconnected"
    """Closed or reset before a whole response head."""
    PROTOCOL = "protocol"
    """Bytes came, but they are not valid HTTP."""
    INCOMPLETE = "incomplete"
    """A good head, then a body cut short."""
    DECODE = "decode"
    """The content-encoding is corrupt, truncated or not supported."""
    TOO_LARGE = "too_large"
    """Head or body beyond its cap (`Options.max_bytes`)."""
    NOT_ALLOWED = "not_allowed"
    """With `Options(allow_private=False)`: no address is public, or the client cannot tell."""
    CANCELLED = "cancelled"
    """Not finished, because the run was stopped."""
    OTHER = "other"
    """Anything else; the message keeps the exception."""


class Refusal(Exception):  # noqa: N818 - it never reaches a user: it carries a kind to the border
    """A rule of ours ends this fetch; the border turns it into a `Failure`."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
