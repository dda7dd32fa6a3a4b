"""What a URL, a head, a body and a text may be: one judgement for all clients."""

from concurrent_fetch.http._advice import what_to_write
from concurrent_fetch.http._codings import codings_in
from concurrent_fetch.http._decoding import Decoder
from concurrent_fetch.http._headers import Headers
from concurrent_fetch.http._lists import read_urls
from concurrent_fetch.http._names import may_go_anywhere
from concurrent_fetch.http._proxy import proxy_origin
from concurrent_fetch.http._reader import Reader
from concurrent_fetch.http._redaction import redact, redact_message, redact_reference, redact_within
from concurrent_fetch.http._response_head import Head, read_head
from concurrent_fetch.http._text import decode_text, encoding_of
from concurrent_fetch.http._url import CanonicalURL, canonicalize, host_of, resolve

__all__ = [
    "CanonicalURL",
    "Decoder",
    "Head",
    "Headers",
    "Reader",
    "canonicalize",
    "codings_in",
    "decode_text",
    "encoding_of",
    "host_of",
    "may_go_anywhere",
    "proxy_origin",
    "read_head",
    "read_urls",
    "redact",
    "redact_message",
    "redact_reference",
    "redact_within",
    "resolve",
    "what_to_write",
]
