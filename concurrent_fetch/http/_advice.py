"""What is said of what is no URL: text that begins with no scheme of ours, and other objects.

Advice is given where it helps. Of the text a message shows only a scheme from a list: what stands
before a colon may be the user name, and what comes behind it the password.
"""

import re
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from concurrent_fetch.http._characters import is_invisible, named

_OURS = "only http and https URLs can be fetched"
_LEAVE_OUT = "leave it out, as df['url'].dropna() does"

# Compiled when they are needed: every import would pay for it.
# Those that web pages and lists have most. Of the first ones anything may follow the colon;
_OPAQUE = (
    "about|acct|blob|callto|chrome-extension|cid|data|doi|facetime|fax|filesystem|geo|im|intent"
    "|irc|isbn|itms-apps|javascript|jar|magnet|mailto|maps|market|message|mid|moz-extension"
    "|ms-settings|msteams|news|pkg|res|resource|sips?|skype|slack|sms|smsto|spotify|tel|tg|urn"
    "|vbscript|viber|view-source|webcal|whatsapp|xmpp|zoommtg"
)
_HOSTS_TOO = frozenset(
    {"app", "blob", "data", "geo", "im", "maps", "market", "message", "news", "res", "resource"}
)
"""Behind these a number is a port: they are names of hosts as well."""
# of these a slash does, or they are the name of a host or a user.
_WITH_A_SLASH = (
    "abfss?|adl|afp|amqps?|app|capacitor|chrome|content|davs?|dbfs|dict|edge|feed|file|finger|ftps?"
    "|gemini|git|gopher|gs|hdfs|imaps?|ionic|ipfs|ipns|ipp|jdbc|kafka|ldaps?|mms|mongodb|mqtt|mysql"
    "|nfs|nntp|oci|pop3?|postgres|postgresql|rediss?|rsync|rtmps?|rtsps?|s3a?|scp|sftp|smb|smtp"
    "|snmp|socks[45]?|sqlite|ssh|stun|svn|tcp|telnet|tftp|turn|udp|unix|vnc|vscode|wasbs?|webdav"
    "|wss?"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#]|\Z)")

_FILE_SUFFIXES = (
    "aspx?|css|csv|gif|html?|jpe?g|jsonl?|jsp?|parquet|pdf|php|png|svg|tsv|txt|xhtml|xlsx?|xml"
)
_LOOKS = {
    r"[A-Z]:[\\/]|\\\\": f"a path of a file, {_OURS}",
    r"(?:<na>|n/a|na|nan|nat|none|null)\Z": "the text of a missing value; "
    f"{_LEAVE_OUT}, before it is turned into text",
    r"https?(?:[;.,]?[/\\]{2}|[;.,]/)": "the scheme is mistyped; write http:// or https://",
    r"(?!//)[/.?#]": "a reference without scheme and host; join it to the URL of its page, "
    "urllib.parse.urljoin(page, it)",
    rf"(?!localhost/|[^/]+\.[^/]+/)[^:?#@]*\.(?:{_FILE_SUFFIXES})\Z": "the name of a file; "
    "write the whole URL, or read_urls(path) for the URLs in it",
    r"[^\s:/?#@]+@[^\s:/?#@]+\.[A-Z]{2,}\Z": f"an e-mail address, {_OURS}",
}
"""What a text looks like, and what is said of it. Most would be a URL with http:// before them."""
_ADVICE = {
    "http:": "the scheme is missing: write http: or https: before the two slashes",
    "http://": "the scheme is missing: write http:// or https:// before it",
}
_WITHIN = re.compile("https?://", re.IGNORECASE)
_MISSING_TYPES = frozenset({"MaskedConstant", "NAType", "NaTType", "NullScalar"})


def scheme_told(url: str) -> str | None:
    """Return a phrase on the scheme where there surely is one that is not ours, else None."""
    match = _SCHEME.match(url)
    if match is None:
        return None
    scheme, rest = match[1].lower(), url[match.end() :]
    is_port = scheme in _HOSTS_TOO and _PORT.match(rest)
    has_slash = rest[:1] in {"/", "\\"}
    if (re.fullmatch(_OPAQUE, scheme) and not is_port) or (
        re.fullmatch(_WITH_A_SLASH, scheme) and has_slash
    ):
        return f"{scheme}: cannot be fetched, {_OURS}"
    return _OURS if rest.startswith("//") else None


def why_not_absolute(url: str, is_url: Callable[[str], bool]) -> str:
    """Return why a text that does not begin with `http://` or `https://` is no URL.

    `is_url` tells whether it would be one with something before it.
    """
    if is_invisible(url[0]):
        return f"{named(url[0])} before the URL; leave it out"
    looks = (words for look, words in _LOOKS.items() if re.match(look, url, re.IGNORECASE))
    helps = (words for before, words in _ADVICE.items() if is_url(f"{before}{url}"))
    told = scheme_told(url) or next(looks, None) or next(helps, None)
    if told is not None:
        return told
    if _WITHIN.search(url):
        return "something stands before http:// or https://; leave it out"
    return "it does not begin with http:// or https://"


def what_to_write(value: object) -> str:
    """Return a phrase on what is given for a URL and is no `str`: what to write instead."""
    if _is_missing(value):
        return f"a missing value? {_LEAVE_OUT}"
    for is_one, words in _GIVEN:
        if is_one(value):
            return words
    return "there is no URL in it"


def _is_missing(value: Any) -> bool:
    """Whether it is None, or what numpy, pandas or pyarrow have for it, without importing them."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    try:
        return bool(value != value) or getattr(value, "is_valid", True) is False  # noqa: PLR0124 - NaN
    except Exception:  # noqa: BLE001 - foreign code: of an array that has no one truth
        return False


def _is_url_in_str(value: object) -> bool:
    try:
        return bool(_WITHIN.match(str(value)))
    except Exception:  # noqa: BLE001 - foreign code
        return False


def _has(name: str) -> Callable[[object], bool]:
    return lambda value: isinstance(getattr(value, name, None), str)


def _is_of_another_method(value: Any) -> bool:
    """Whether it is a request, of any library, whose URL alone would stand for another one."""
    method = getattr(value, "method", None)
    return _has("url")(value) and isinstance(method, str) and method.upper() != "GET"


_GIVEN: tuple[tuple[Callable[[object], bool], str], ...] = (
    (lambda value: isinstance(value, (bytes, bytearray)), "write url.decode()"),
    (lambda value: isinstance(value, memoryview), "write bytes(url).decode()"),
    (
        lambda value: isinstance(value, PathLike),
        "a path loses a slash of the scheme; keep URLs as str, and read_urls(path) reads a list",
    ),
    (lambda value: callable(getattr(value, "geturl", None)), "write url.geturl()"),
    (_is_url_in_str, "write str(url)"),
    (_has("full_url"), "write url.full_url"),  # a request of urllib
    (_is_of_another_method, "it is no GET; write Request(url.url, method=url.method, body=...)"),
    (_has("url"), "write url.url"),  # of requests
    (lambda value: isinstance(value, Mapping), "take the URL out of it, as url['url']"),
    (lambda value: isinstance(value, (tuple, list)), "take the URL out of it, as url[0]"),
)
