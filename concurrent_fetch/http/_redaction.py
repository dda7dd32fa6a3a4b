"""Redaction: user info in URLs is never shown, in no `repr`, message or saved file."""

import re
from urllib.parse import unquote

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http._url import canonicalize

_UP_TO_LAST_AT = re.compile(r"\A([^/?#@]*//+|[A-Za-z][A-Za-z0-9+.-]*:/)?.+@", re.DOTALL)
_USERINFO_WITHIN = re.compile(r"(?<=://)[^\s/?#]*@")
_USERINFO = re.compile(r"\A([^/?#@]*//+|[A-Za-z][A-Za-z0-9+.-]*:/)?[^/?#]+@")
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)


def redact(url: str) -> str:
    """Replace user info by `***`, in any text that is or was meant to be a URL; never raises.

    Of what is no usable URL all goes, up to the last `@`: a password may hold what ends the host.

    >>> redact("https://user:secret@example.com/a@b")
    'https://***@example.com/a@b'
    >>> redact("https://user:sec/ret@example.com/")
    'https://***@example.com/'
    """
    if "@" not in url:
        return url
    try:
        canonicalize(url)
    except Refusal:
        return _UP_TO_LAST_AT.sub(r"\1***@", url)
    return _USERINFO.sub(r"\1***@", url)


def redact_within(text: str, known: str | None = None) -> str:
    """Replace the user info of every URL in a text by `***`.

    `known` is a URL that may be in it: its user info goes also where it stands without its scheme,
    or decoded, and its password also where it stands alone.
    """
    for secret in _secrets(known or ""):
        text = text.replace(secret, "***")
    return _USERINFO_WITHIN.sub("***@", text)


def _secrets(url: str) -> list[str]:
    """Return the texts by which user info may be recognised, the longest first."""
    authority = _AUTHORITY.match(url)
    userinfo = authority[1].rpartition("@")[0].strip(":") if authority else ""
    password = userinfo.partition(":")[2]
    secrets = {userinfo, unquote(userinfo), password, unquote(password)}
    return sorted(filter(None, secrets), key=len, reverse=True)
