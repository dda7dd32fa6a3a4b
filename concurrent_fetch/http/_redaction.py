"""Redaction: what is never shown, in no `repr`, message or saved file.

Of URLs, user info wherever it was meant to stand, and values of query parameters whose names say
that they are secret; of texts, the same of every URL in them, and fields that carry credentials.
In doubt more is hidden than need be. `also` names parameters that are secret besides the list.
"""

import re
from functools import partial
from urllib.parse import unquote

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http._names import is_secret
from concurrent_fetch.http._url import canonicalize

_AT = "@\ufe6b\uff20"  # and what international names make an @ of
_LOOKS_LIKE_AT = re.compile(f"[{_AT}]|%40")
_SCHEME = r"(?:https?|wss?|ftps?|socks[45]?[ah]?):"
_LEAD = rf"(?:[br]{{1,2}}['\"]|[ \t'\"<])*(?:{_SCHEME})?[/\\]*"
_UP_TO_LAST_AT = re.compile(rf"\A({_LEAD})[^/\\{_AT}].*(?:[{_AT}]|%40)", re.DOTALL | re.IGNORECASE)
_USERINFO = re.compile(r"\A([^/?#@]*//+)[^/?#]+@")
_PATH = re.compile(r"[?#]|/(?![/\\])")
# In a text an authority ends at a slash, unless what stands before that can be no host and port.
_USERINFO_WITHIN = re.compile(
    rf"((?:{_SCHEME}|(?<![\w:/\\.-]))(?://|\\\\)[/\\]*|{_SCHEME}[/\\])"
    rf"(?:[^\s/\\?#]*[{_AT}]|(?!\[)[^\s/\\?#:{_AT}]*:(?!\d*(?:[/\\?#\s\"'>)\],]|\Z))\S{{0,400}}[{_AT}])",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)

_PARAMETER = re.compile("(?<=[?&;#])([^=&;#?][^=&;#?]*+)=([^&#]*)")
_PARAMETER_WITHIN = re.compile(r"(?<=[?&;#])([^=&;#?\s][^=&;#?\s]*+)=([^&#\s<>]*)")
_NAME_WITHIN = re.compile(r"(?:\A|[?&;#\s])([^=&;#?\s][^=&;#?\s]*+)=")
_FIELD_WITHIN = re.compile(
    r"\b((?:set-)?cookie2?|(?:proxy-)?authorization)\b.*", re.IGNORECASE | re.DOTALL
)
_ASSIGNED_WITHIN = re.compile(
    r"((?<![\w-])[\w-]{0,60}?(?:token|secret|password|api[_-]?key)[\"']?\s*[:=]\s*)[^\s,;]+",
    re.IGNORECASE,
)
_DEEP = 4  # a value as it is, and percent-encoded up to thrice
_SHORT = 3  # a value as short as that is no secret, and may stand anywhere


def redact(url: str, also: tuple[str, ...] = ()) -> str:
    """Replace what is secret by `***`, in any text that is or was meant to be a URL; never raises.

    Of what is no usable URL all goes, up to the last `@`: a password may hold what ends the host.

    >>> redact("https://user:secret@example.com/a@b?page=1&api_key=secret")
    'https://***@example.com/a@b?page=1&api_key=***'
    >>> redact("https://user:sec/ret@example.com/")
    'https://***@example.com/'
    """
    if _LOOKS_LIKE_AT.search(url):
        try:
            canonicalize(url)
        except Refusal:
            url = _UP_TO_LAST_AT.sub(r"\1***@", url)
        else:
            url = _USERINFO.sub(r"\1***@", url)
    return _PARAMETER.sub(partial(_hidden, also), url) if "=" in url else url


def redact_reference(reference: str, also: tuple[str, ...] = ()) -> str:
    """Do the same to a reference, as in a Location: a path has no user info."""
    if _PATH.match(reference):
        return _PARAMETER.sub(partial(_hidden, also), reference)
    return redact(reference, also)


def redact_within(text: str, known: str | None = None, also: tuple[str, ...] = ()) -> str:
    """Replace what is secret in every URL in a text by `***`.

    `known` is a URL that may be in it: what is secret of it goes also where it stands without its
    scheme, decoded, or alone.
    """
    for secret in _secrets(known or "", also):
        text = text.replace(secret, "***")
    if "@" in text or not text.isascii():
        text = _USERINFO_WITHIN.sub(r"\1***@", text)
    return _PARAMETER_WITHIN.sub(partial(_hidden, also), text) if "=" in text else text


def redact_message(text: str, known: str | None = None, also: tuple[str, ...] = ()) -> str:
    """Do the same to what foreign code says, which may quote header fields: those go, too."""
    text = _FIELD_WITHIN.sub(r"\1 ***", redact_within(text, known, also))
    return _ASSIGNED_WITHIN.sub(r"\1***", text)


def _hidden(also: tuple[str, ...], parameter: re.Match[str]) -> str:
    name, value = parameter.groups()
    if value and (is_secret(name, also) or _holds_secret(value, also)):
        return f"{name}=***"
    return parameter[0]


def _holds_secret(value: str, also: tuple[str, ...]) -> bool:
    """Whether a value holds something secret, as a URL in it may."""
    for _ in range(_DEEP):
        if "@" in value and _USERINFO_WITHIN.search(value):
            return True
        if "=" in value and any(is_secret(name, also) for name in _NAME_WITHIN.findall(value)):
            return True
        if _ASSIGNED_WITHIN.search(value):
            return True
        if "%" not in value:
            return False
        value = unquote(value)
    return False


def _secrets(url: str, also: tuple[str, ...]) -> list[str]:
    """Return the texts by which what is secret of a URL may be recognised, the longest first."""
    authority = _AUTHORITY.match(url)
    userinfo = authority[1].rpartition("@")[0].strip(":") if authority else ""
    password = userinfo.partition(":")[2]
    values = [value for name, value in _PARAMETER.findall(url) if is_secret(name, also)]
    long = {value for value in (*values, *map(unquote, values)) if len(value) > _SHORT}
    secrets = {userinfo, unquote(userinfo), password, unquote(password)} | long
    return sorted(filter(None, secrets), key=len, reverse=True)
