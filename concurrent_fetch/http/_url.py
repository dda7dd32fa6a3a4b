"""What a usable URL is, and its one canonical form: the form that every client sends unchanged.

A canonical URL is recognised by one regular expression and kept as it is; whatever else is a URL is
taken apart, checked and rebuilt. Messages name the rule that was broken and show no part of the
URL: a mistyped one may hold a password anywhere. Sources: RFC 3986 (syntax, resolution), RFC 7617.
"""

import re
from base64 import b64encode
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http._advice import scheme_told, what_to_write, why_not_absolute
from concurrent_fetch.http._host import IPV4, LABEL, host_and_port, invalid_url

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 65536  # httpx refuses a longer one

_UNRESERVED = "A-Za-z0-9._~-"
_CHARACTERS = r"A-Za-z0-9._~\-!$&'()*+,;=:@/"
_TRIPLET = "%(?:[01][0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[BCDE]|60|7[BCDF]|[89A-F][0-9A-F])"

# The ordinary case: canonical but for dot segments and the port's value, which code looks at.
_CANONICAL_ORIGIN = re.compile(
    r"(https?)://(?=[^:][^:]{0,252}+(?::|\Z))"
    rf"({IPV4}(?=:|\Z)|(?:{LABEL}\.)*[a-z_][a-z0-9_-]{{0,62}}+)"
    r"(?::([1-9][0-9]{0,4}+))?"
)
_LONGEST_ORIGIN = len("https://") + 253 + len(":65535")
_CANONICAL_TARGET = re.compile(
    rf"/(?:[{_CHARACTERS}][{_CHARACTERS}]*+|{_TRIPLET})*"
    rf"(?:\?(?:[{_CHARACTERS}?][{_CHARACTERS}?]*+|{_TRIPLET})*)?"
)
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:", re.IGNORECASE)
_REFERENCE = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
_NOT_A_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TO_QUOTE = re.compile(rf"%[0-9A-Fa-f]{{2}}|%|[^{_CHARACTERS}?%]+")
_UNRESERVED_CHARACTER = re.compile(f"[{_UNRESERVED}]")
_AUTHORITY = re.compile(rb"((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)([^/?#]*)")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


_make = tuple.__new__  # a NamedTuple's own is Python code


class CanonicalURL(NamedTuple):
    """A checked URL in its one canonical form, and what it consists of."""

    url: str
    """As it is sent: ASCII, without user info and fragment."""
    scheme: str
    """`http` or `https`."""
    host: str
    """Lower-case, IDNA-encoded, an IPv6 address without its brackets."""
    port: int
    """Also when it is the scheme's default."""
    authorization: str | None
    """The user info as a ready `Basic ...` value of the Authorization header."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what credentials belong to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as the Host header says them: without the final dot of a name."""
        start = len(self.scheme) + len("://")
        authority = self.url[start : self.url.index("/", start)]
        return authority.replace(".:", ":").removesuffix(".") if self.is_rooted else authority

    @property
    def is_rooted(self) -> bool:
        """Whether the host ends in a dot: it is looked up as it is, in no search domain."""
        return self.host[-1] == "."

    @property
    def absolute_form(self) -> str:
        """What stands in a request line to a proxy."""
        return f"{self.scheme}://{self.authority}{self.origin_form}" if self.is_rooted else self.url

    @property
    def origin_form(self) -> str:
        """Path and query: what stands in the request line."""
        return self.url[self.url.index("/", len("https://")) :]

    def __repr__(self) -> str:
        shown = "" if self.authorization is None else ", authorization='***'"
        return f"CanonicalURL({self.url!r}{shown})"


def canonicalize(url: object) -> CanonicalURL:
    """Check a URL and bring it into its canonical form, which is a fixed point of this function.

    Raises `Refusal` of kind `invalid_url` for anything that is no usable http(s) URL.
    """
    if not isinstance(url, str):
        raise invalid_url(f"a URL must be a str, not {type(url).__name__}; {what_to_write(url)}")
    return _recognise(url) or _parse(_without_margins(url))


def host_of(url: object) -> str:
    """Return the host that a URL asks, whatever its scheme and port; "" where it is no URL.

    It is canonical but for the final dot, which names no other machine.
    """
    if isinstance(url, str) and (slash := url.find("/", len("https://"))) > 0:
        origin = _recognise_origin(url[:slash])
        if origin is not None:
            return origin[1].rstrip(".")
    try:
        return canonicalize(url).host.rstrip(".")
    except Refusal:
        return ""


def resolve(base: CanonicalURL, location: bytes | str) -> CanonicalURL:
    """Where a redirect leads: its Location, read against the URL that answered (RFC 3986, 5.2).

    User info in a Location is ignored, since a server must not choose credentials: `authorization`
    is always `None`. Octets outside ASCII are percent-encoded as they stand, as browsers do; in a
    host they must be UTF-8. Raises `Refusal` of kind `invalid_url` for an unusable Location.
    """
    try:
        absolute = _absolute(base, _stripped(location))
        if _OTHER_SCHEME.match(absolute):
            raise invalid_url(scheme_told(absolute) or "its scheme is neither http nor https")
        target = _recognise(absolute) or _parse(absolute)
    except Refusal as refusal:
        rule = refusal.message.partition("; ")[0]  # the advice is for who wrote a URL
        raise Refusal(refusal.kind, f"redirect to an unusable Location: {rule}") from refusal
    return target._replace(authorization=None)


def _stripped(location: bytes | str) -> str:
    return (
        _as_text(location.strip(b" \t")) if isinstance(location, bytes) else location.strip(" \t")
    )


def _recognise(url: str) -> CanonicalURL | None:
    """Return the URL as it is if it is canonical already: the fast path."""
    slash = url.find("/", len("https://"))
    if not 0 < slash <= _LONGEST_ORIGIN or len(url) > _LONGEST or "/." in url:
        return None
    origin = _recognise_origin(url[:slash])
    if origin is None or not _CANONICAL_TARGET.fullmatch(url, slash):
        return None
    return _make(CanonicalURL, (url, *origin, None))


@lru_cache(1024)  # a URL set has many URLs of few origins
def _recognise_origin(text: str) -> tuple[str, str, int] | None:
    match = _CANONICAL_ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme, host, digits = match.groups()
    default = _DEFAULT_PORTS[scheme]
    port = int(digits) if digits else default
    if port > 65535 or (digits and port == default):
        return None
    return scheme, host, port


def _without_margins(url: str) -> str:
    stripped = url.strip()
    if not stripped:
        raise invalid_url("there is no URL, the text is empty")
    if url != stripped:
        raise invalid_url("white space around the URL; strip it: url.strip()")
    return url


def _parse(url: str) -> CanonicalURL:
    """Take a URL apart, check every part, put the canonical form together."""
    _check_characters(url)
    match = _ABSOLUTE.match(url)
    if match is None:
        raise invalid_url(_why_not_absolute(url))
    scheme, authority, target = match[1].lower(), match[2], match[3]
    if "\\" in authority:
        raise invalid_url("a backslash before the path; write / instead")
    userinfo, _, host_port = authority.rpartition("@")
    host, port = host_and_port(host_port, _DEFAULT_PORTS[scheme])
    literal = f"[{host}]" if ":" in host else host
    explicit = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    canonical = f"{scheme}://{literal}{explicit}{_target(target)}"
    if len(canonical) > _LONGEST:
        raise invalid_url(
            f"a URL may have at most {_LONGEST} characters, this has {len(canonical)}"
        )
    return CanonicalURL(canonical, scheme, host, port, _basic(userinfo))


def _check_characters(url: str) -> None:
    match = _NOT_A_CHARACTER.search(url)
    if match is not None:
        what = "a lone surrogate" if match[0] >= "\ud800" else "a control character"
        raise invalid_url(
            f"{what}, {match[0]!a}, at position {match.start()}; percent-encode it or leave it out"
        )


def _why_not_absolute(url: str) -> str:
    scheme, colon, _ = url.partition(":")
    if scheme.lower() in _DEFAULT_PORTS and colon:
        return "the host is missing; after the scheme come two slashes and a host, http://host/path"
    return why_not_absolute(url, _is_usable)


def _is_usable(url: str) -> bool:
    try:
        _parse(url)
    except Refusal:
        return False
    return True


def _target(text: str) -> str:
    """Return path and query as they are sent: quoted, without dot segments."""
    path, mark, query = _TO_QUOTE.sub(_quoted, text).partition("?")
    if "/." in path:
        path = _without_dot_segments(path)
    return f"{path or '/'}{mark}{query}"


def _quoted(match: re.Match[str]) -> str:
    """One valid triplet, or characters that must not stand as they are (a lone % among them)."""
    text = match[0]
    return _triplet(text) if text[0] == "%" else f"%{text.encode().hex('%').upper()}"


@lru_cache(1024)  # there are not many more
def _triplet(text: str) -> str:
    if text == "%":
        return "%25"
    character = chr(int(text[1:], 16))
    return character if _UNRESERVED_CHARACTER.match(character) else text.upper()


def _without_dot_segments(path: str) -> str:
    """Remove dot segments (RFC 3986, section 5.2.4) from a path that begins with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _basic(userinfo: str) -> str | None:
    """Return the credentials of RFC 7617; nothing on both sides of the colon means none."""
    user, _, password = userinfo.partition(":")
    if not user and not password:
        return None
    credentials = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Basic {b64encode(credentials).decode('ascii')}"


def _as_text(location: bytes) -> str:
    """Percent-encode octets as they stand, in whichever charset they are meant (RFC 3987, 3.1).

    In a host they are a name: in UTF-8, since a name that is guessed would be another host.
    """
    if location.isascii():
        return location.decode("ascii")
    match = _AUTHORITY.match(location)
    if match is None:
        return _octets_quoted(location)
    user, at, host = match[2].rpartition(b"@")
    before, after = match[1] + user + at, location[match.end() :]
    return _octets_quoted(before) + _name_of(host) + _octets_quoted(after)


def _octets_quoted(text: bytes) -> str:
    quoted = _NOT_ASCII.sub(lambda found: _percent(found[0]), text)
    return quoted.decode("ascii")


def _percent(octets: bytes) -> bytes:
    return f"%{octets.hex('%').upper()}".encode("ascii")


def _name_of(host: bytes) -> str:
    try:
        return host.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_url("the host is neither ASCII nor UTF-8") from None


def _absolute(base: CanonicalURL, reference: str) -> str:
    """Resolve a reference (RFC 3986, 5.2.2); dot segments are left to the canonical form."""
    scheme, authority, path, query = _parts(reference)
    if scheme is not None:
        return reference
    if authority is not None:
        return f"{base.scheme}:{reference}"
    _, base_authority, base_path, base_query = _parts(base.url)
    if not path:
        path, query = base_path, base_query if query is None else query
    elif not path.startswith("/"):
        path = base_path[: base_path.rindex("/") + 1] + path
    return f"{base.scheme}://{base_authority}{path}" + ("" if query is None else f"?{query}")


def _parts(reference: str) -> tuple[str | None, str | None, str, str | None]:
    """Return scheme, authority, path and query; this expression fits any text."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise invalid_url("the reference cannot be taken apart")
    return match[1], match[2], match[3], match[4]
