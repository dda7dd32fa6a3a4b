"""What is said of a failure: in our words wherever a server may have chosen those of the client.

Parsers quote the line that they refuse, proxies say what they like: from there a cookie or a
password would come into messages, files and logs, at any length. So of what they say only the part
of the response is taken that was malformed, and a status. What the operating system says stays.
"""

import re
import ssl
from collections.abc import Mapping

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.fetch._classify import FEW_DESCRIPTORS, NO_NUMBER, in_words, number_of
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.http import may_go_anywhere, redact_message

_OF_KIND: Mapping[FailureKind, str] = {
    FailureKind.INVALID_URL: "the client refused the URL",
    FailureKind.DNS: "the name does not resolve",
    FailureKind.CONNECT: "no connection could be made",
    FailureKind.TLS: "the TLS handshake failed",
    FailureKind.TOO_MANY_REDIRECTS: "more redirects than the client allows",
    FailureKind.DISCONNECTED: "the connection was closed before a whole response head",
    FailureKind.PROTOCOL: "what came is no valid HTTP",
    FailureKind.INCOMPLETE: "the body was cut short",
    FailureKind.DECODE: "the content-encoding cannot be removed",
    FailureKind.TOO_LARGE: "a line or the whole head of the response is too long",
    FailureKind.CANCELLED: "the run was stopped before this fetch was over",
}
_OF_PART = (
    ("chunk", "a chunk of the body is malformed"),
    ("content-length", "Content-Length is malformed"),
    ("transfer-encoding", "Transfer-Encoding is not just 'chunked'"),
    ("header", "a header line is malformed"),
    ("continuation", "a header line is malformed"),
    ("status", "the status line is malformed"),
    ("response line", "the status line is malformed"),
    ("http/", "the status line is malformed"),
    ("version", "the status line is malformed"),
)
"""Words by which parsers name a part of the response, before they quote it."""
# X509_V_ERR: self-signed, self-signed in the chain, no issuer locally, no first certificate.
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
_ADVICE_ON_AUTHORITY = (
    "if you trust who signed, name the CA bundle: Options(verify='ca.pem'), or SSL_CERT_FILE with "
    "trust_env=True"
)
_QUOTED = re.compile("[\"'`]")
_STATUS = re.compile(r"(?<!\d)[1-5]\d\d(?!\d)")


def message_of(kind: FailureKind, cause: BaseException, url: str, exchange: Exchange | None) -> str:
    """Return a sentence on a failure that no rule of ours made, without secrets."""
    if isinstance(cause, Refusal):
        return cause.message
    if number_of(cause) in FEW_DESCRIPTORS:
        return "too many open files: allow more (ulimit -n), or lower concurrency"
    if kind in _OF_KIND and number_of(cause) == NO_NUMBER:
        return _of_a_library(kind, cause, exchange)
    said = _without_secrets(in_words(cause), url, exchange)
    return f"{said}; {_ADVICE_ON_AUTHORITY}" if _is_of_unknown_authority(cause) else said


def _of_a_library(kind: FailureKind, cause: BaseException, exchange: Exchange | None) -> str:
    said = in_words(cause)
    if kind is FailureKind.PROTOCOL:
        named = _QUOTED.split(said, maxsplit=1)[0].lower()
        return next((words for part, words in _OF_PART if part in named), _OF_KIND[kind])
    if kind is FailureKind.CONNECT and exchange is not None and exchange.proxy is not None:
        status = _STATUS.search(said)
        return f"the proxy answered with status {status[0]}" if status else "the proxy refused"
    return "memory ran out" if isinstance(cause, MemoryError) else _OF_KIND[kind]


def _is_of_unknown_authority(cause: BaseException) -> bool:
    return isinstance(cause, ssl.SSLCertVerificationError) and (
        cause.verify_code in _UNKNOWN_AUTHORITY
    )


def _without_secrets(text: str, url: str, exchange: Exchange | None) -> str:
    if exchange is not None:
        for name, value in exchange.headers.items():
            if not may_go_anywhere(name) and name.lower() != "host":
                for secret in {value, value.rpartition(" ")[2]} - {""}:
                    text = text.replace(secret, "***")
        text = redact_message(redact_message(text, exchange.proxy), exchange.url)
    return redact_message(text, url)
