"""What is a URL, what it becomes, and that every client sends it like that."""

import contextlib
import pickle
import platform
import re
import subprocess
import sys
import time
from base64 import b64decode

import httpx
import pytest
import urllib3.util
from hypothesis import example, given
from hypothesis import strategies as st
from pace import in_time

import concurrent_fetch
from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.clients._aiohttp import _as_yarl
from concurrent_fetch.http._redaction import (
    redact,
    redact_message,
    redact_reference,
    redact_within,
)
from concurrent_fetch.http._url import CanonicalURL, canonicalize, resolve

SECRET = "s3cr3t"
# Seconds of CPU time. An interpreter that compiles what it runs does so in this time, too; what is
# quadratic takes seconds.
AT_ONCE = 0.05 if platform.python_implementation() == "CPython" else 0.5

CANONICAL = {
    "http://example.com/": "http://example.com/",
    "http://127.0.0.1:8080/bytes/1024?i=17": "http://127.0.0.1:8080/bytes/1024?i=17",
    "HTTP://EXAMPLE.com": "http://example.com/",
    "hTTps://example.com:443/": "https://example.com/",
    "http://example.com:80/": "http://example.com/",
    "https://example.com:80/": "https://example.com:80/",
    "http://example.com:/x": "http://example.com/x",
    "http://example.com:008080/x": "http://example.com:8080/x",
    "http://example.com:65535/": "http://example.com:65535/",
    "http://example.com./": "http://example.com./",
    "http://a_b-c.example/": "http://a_b-c.example/",
    "http://user:pw@example.com/": "http://example.com/",
    "http://example.com/#part": "http://example.com/",
    "http://example.com#part?no=query": "http://example.com/",
    "http://example.com?": "http://example.com/?",
    "http://example.com/x?": "http://example.com/x?",
    "http://example.com/x?#f": "http://example.com/x?",
    "http://example.com/x#?": "http://example.com/x",
    "http://example.com/a/..?": "http://example.com/?",
    "http://example.com??": "http://example.com/??",
    "http://example.com?a=b": "http://example.com/?a=b",
    "http://example.com?a=b/../c": "http://example.com/?a=b/../c",
    "http://example.com/a b?c d": "http://example.com/a%20b?c%20d",
    "http://example.com/é?é": "http://example.com/%C3%A9?%C3%A9",
    "http://example.com/%c3%a9": "http://example.com/%C3%A9",
    "http://example.com/%7Euser/%41%2D%2e%5f": "http://example.com/~user/A-._",
    "http://example.com/100%": "http://example.com/100%25",
    "http://example.com/%zz%2%35": "http://example.com/%25zz%2525",
    'http://example.com/"<>[]\\^`{|}': "http://example.com/%22%3C%3E%5B%5D%5C%5E%60%7B%7C%7D",
    "http://example.com/!$&'()*+,;=:@": "http://example.com/!$&'()*+,;=:@",
    "http://example.com/a+b?c+d": "http://example.com/a+b?c+d",
    "http://example.com/%2F%3F%23": "http://example.com/%2F%3F%23",
    "http://example.com/a/../b": "http://example.com/b",
    "http://example.com/a/./b": "http://example.com/a/b",
    "http://example.com/../../b": "http://example.com/b",
    "http://example.com/a/b/..": "http://example.com/a/",
    "http://example.com/a/.": "http://example.com/a/",
    "http://example.com/a/%2e%2E/b": "http://example.com/b",
    "http://example.com/a//../b": "http://example.com/a/b",
    "http://example.com//a//b": "http://example.com//a//b",
    "http://example.com/.well-known/x": "http://example.com/.well-known/x",
    "http://example.com/...": "http://example.com/...",
    "http://[::1]:8080/": "http://[::1]:8080/",
    "http://[2001:DB8:0:0::1]": "http://[2001:db8::1]/",
    "http://[::ffff:1.2.3.4]/": "http://[::ffff:102:304]/",
    "http://bücher.example/": "http://xn--bcher-kva.example/",
    "http://BÜCHER。example/": "http://xn--bcher-kva.example/",
    "http://faß.example/": "http://xn--fa-hia.example/",
    "http://XN--bcher-kva.example/": "http://xn--bcher-kva.example/",
    "http://\uff11\uff12\uff17.0.0.1/": "http://127.0.0.1/",
    "http://1.2.3.4.example/": "http://1.2.3.4.example/",
    "http://example.0xg/": "http://example.0xg/",
}

REFUSED = {
    "": "there is no URL, the text is empty",
    " \t\u3000": "there is no URL, the text is empty",
    "example.com/x": "http:// or https://",
    "//example.com/x": "write http: or https: before the two slashes",
    "localhost:8080/x": "http:// or https://",
    "ftp://example.com/": "only http and https",
    "file:///etc/passwd": "only http and https",
    "http:": "host is missing",
    "http:/example.com/": "host is missing",
    "http:example.com": "host is missing",
    "http://": "host is missing",
    "http:///x": "host is missing",
    "http://:80/": "host is missing",
    "http://user@/": "host is missing",
    " http://example.com/": "strip it",
    "http://example.com/\n": "strip it",
    "http://example.com/\u3000": "strip it",
    "http://example.com/a\r\nb": "control character",
    "http://example.com/a\tb": "control character",
    "http://example.com/\x00": "control character",
    "http://example.com/\x7f": "control character",
    "http://example.com/\x85x": "control character",
    "http://example.com/#\x01": "control character",
    "http://example.com/\ud800": "surrogate",
    "http://example.com:0/": "1 to 65535",
    "http://example.com:65536/": "1 to 65535",
    "http://example.com:-1/": "1 to 65535",
    "http://example.com:+80/": "1 to 65535",
    "http://example.com:8_0/": "1 to 65535",
    "http://example.com:\u0661/": "1 to 65535",
    "http://example.com: 80/": "1 to 65535",
    f"http://example.com:{'9' * 5000}/": "1 to 65535",
    "http://example.com:80:80/": "malformed",
    "http://::1/": "malformed",
    "http://[::1/": "malformed",
    "http://[::1]x/": "malformed",
    "http://x[::1]/": "malformed",
    "http://[]/": "no IPv6 address",
    "http://[1.2.3.4]/": "no IPv6 address",
    "http://[v1.x]/": "no IPv6 address",
    "http://[::\u0661]/": "no IPv6 address",
    "http://[fe80::1%eth0]/": "zone",
    "http://[fe80::1%25eth0]/": "zone",
    "http://127.1/": "IPv4",
    "http://2130706433/": "IPv4",
    "http://0x7f.0.0.1/": "IPv4",
    "http://a.0x7f/": "IPv4",
    "http://0177.0.0.1/": "IPv4",
    "http://127.0.0.256/": "IPv4",
    "http://127.0.0.1./": "IPv4",
    "http://example.1/": "IPv4",
    "http://1.2.3.4.5/": "IPv4",
    "http://a<b/": "character '<'",
    "http://a b/": "character ' '",
    "http://a%62/": "percent-encoding",
    "http://a\\b/": "backslash",
    "http://good.example\\@evil.example/": "backslash",
    "http://.example/": "labels",
    "http://a..example/": "labels",
    "http://./": "labels",
    "http://a../": "labels",
    f"http://{'a' * 64}.example/": "labels",
    f"http://{'a.' * 127}/": None,
    f"http://{'a.' * 126}aa/": "253",
    f"http://{'é' * 300}/": "253",
    "http://a\u2100b/": "xn--",
    "http://i\u2764.example/": "xn--",
    "http://xn--\u00e9.example/": "xn--",
    f"http://example.com/{'a' * 65536}": "65536",
    f"http://example.com/{' ' * 30000}": "65536",
}


@pytest.mark.parametrize(("url", "canonical"), CANONICAL.items())
def test_a_url_has_one_canonical_form(url: str, canonical: str) -> None:
    assert canonicalize(url).url == canonical


@pytest.mark.parametrize(("url", "reason"), REFUSED.items(), ids=lambda text: ascii(text)[:60])
def test_an_unusable_url_is_refused_with_its_rule(url: str, reason: str | None) -> None:
    if reason is None:
        assert canonicalize(url).url == url
        return
    with pytest.raises(Refusal) as refused:
        canonicalize(url + ("x" if url.endswith(" ") and "65536" in reason else ""))
    assert refused.value.kind is FailureKind.INVALID_URL
    assert reason in refused.value.message


@pytest.mark.parametrize(
    ("url", "advice"), [(b"http://a/", "bytes; write url.decode()"), (None, "NoneType"), (7, "int")]
)
def test_only_str_is_a_url(url: object, advice: str) -> None:
    with pytest.raises(Refusal, match="a URL must be a str") as refused:
        canonicalize(url)
    assert advice in refused.value.message


def test_the_parts_of_a_canonical_url() -> None:
    canonical = canonicalize("https://u:p@[::1]:8443/x#y")
    assert tuple(canonical) == ("https://[::1]:8443/x", "https", "::1", 8443, "Basic dTpw")
    assert canonical.origin == ("https", "::1", 8443)
    assert canonicalize("HTTPS://Example.com").origin == ("https", "example.com", 443)
    assert pickle.loads(pickle.dumps(canonical)) == canonical


@pytest.mark.parametrize(
    ("userinfo", "credentials"),
    [
        ("user:pw", b"user:pw"),
        ("user", b"user:"),
        ("user:", b"user:"),
        (":pw", b":pw"),
        ("u%40x:p%3aw", b"u@x:p:w"),
        ("a@b:c", b"a@b:c"),
        ("é:%C3%A9%FF", b"\xc3\xa9:\xc3\xa9\xff"),
        ("user:p:w%", b"user:p:w%"),
    ],
)
def test_user_info_becomes_an_authorization_header(userinfo: str, credentials: bytes) -> None:
    authorization = canonicalize(f"http://{userinfo}@example.com/").authorization
    assert authorization is not None
    assert authorization.startswith("Basic ")
    assert b64decode(authorization.removeprefix("Basic ")) == credentials


@pytest.mark.parametrize("url", ["http://a/", "http://@a/", "http://:@a/"])
def test_no_user_info_means_no_authorization(url: str) -> None:
    assert canonicalize(url).authorization is None


def test_a_canonical_url_does_not_show_its_credentials() -> None:
    shown = repr(canonicalize(f"http://user:{SECRET}@example.com/"))
    assert shown == "CanonicalURL('http://example.com/', authorization='***')"
    assert repr(canonicalize("http://a/")) == "CanonicalURL('http://a/')"


@pytest.mark.parametrize("url", [url for url in REFUSED if "//" in url and len(url) < 100])
def test_a_refusal_never_shows_user_info(url: str) -> None:
    before, _, after = url.partition("//")
    with pytest.raises(Refusal) as refused:
        canonicalize(f"{before}//user:{SECRET}@{after}")
    assert SECRET not in refused.value.message


BASE = canonicalize("http://user:pw@example.com:8080/a/b/c?q=1")

LOCATIONS: dict[bytes | str, str] = {
    "http://other.example/x": "http://other.example/x",
    "HTTPS://Other.example": "https://other.example/",
    "//other.example/x": "http://other.example/x",
    "//[::1]:81": "http://[::1]:81/",
    "/x": "http://example.com:8080/x",
    "/x?y#z": "http://example.com:8080/x?y",
    "x": "http://example.com:8080/a/b/x",
    "./x": "http://example.com:8080/a/b/x",
    "../x": "http://example.com:8080/a/x",
    "../..": "http://example.com:8080/",
    "../../../../x": "http://example.com:8080/x",
    ".": "http://example.com:8080/a/b/",
    "?r=2": "http://example.com:8080/a/b/c?r=2",
    "?": "http://example.com:8080/a/b/c?",
    "/x?": "http://example.com:8080/x?",
    "/x?#f": "http://example.com:8080/x?",
    "//other.example?": "http://other.example/?",
    "#f": "http://example.com:8080/a/b/c?q=1",
    "": "http://example.com:8080/a/b/c?q=1",
    ";p": "http://example.com:8080/a/b/;p",
    ":x": "http://example.com:8080/a/b/:x",
    "x/y:z": "http://example.com:8080/a/b/x/y:z",
    "  /x\t": "http://example.com:8080/x",
    "/a b": "http://example.com:8080/a%20b",
    "/\u3000": "http://example.com:8080/%E3%80%80",
    "/\\evil.example": "http://example.com:8080/%5Cevil.example",
    "\\\\evil.example": "http://example.com:8080/a/b/%5C%5Cevil.example",
    "/%2e%2e/x": "http://example.com:8080/x",
    b"/caf\xc3\xa9": "http://example.com:8080/caf%C3%A9",
    b"/caf\xe9": "http://example.com:8080/caf%E9",
    b"/\xd6\xd0\xce\xc4": "http://example.com:8080/%D6%D0%CE%C4",  # GBK
    b"/\x93\xfa\x96{": "http://example.com:8080/%93%FA%96%7B",  # Shift JIS, ASCII in the second
    b"/\xc3\xa9/\xe9": "http://example.com:8080/%C3%A9/%E9",
    b"/%c3%a9/\xe9%": "http://example.com:8080/%C3%A9/%E9%25",
    b"/x?q=\xe9": "http://example.com:8080/x?q=%E9",
    b"?\xe9": "http://example.com:8080/a/b/c?%E9",
    b"/x#\xe9": "http://example.com:8080/x",
    b"\xe9:x": "http://example.com:8080/a/b/%E9:x",
    b"\xe9//x": "http://example.com:8080/a/b/%E9//x",
    b"/\xff//\xff/../\xfe": "http://example.com:8080/%FF//%FE",
    b" /\xe9\t": "http://example.com:8080/%E9",
    b"/\xc2\x85\xed\xa0\x80": "http://example.com:8080/%C2%85%ED%A0%80",
    b"/\xa0": "http://example.com:8080/%A0",
    b"http://b\xc3\xbccher.example/": "http://xn--bcher-kva.example/",
    b"http://b\xc3\xbccher.example/\xe9?\xff": "http://xn--bcher-kva.example/%E9?%FF",
    b"//B\xc3\x9cCHER.example:81?\xe9": "http://xn--bcher-kva.example:81/?%E9",
    b"http://\xe9:\xff@example.com/": "http://example.com/",
    b"HTTP://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1": "http://127.0.0.1/",
}


@pytest.mark.parametrize(("location", "target"), LOCATIONS.items())
def test_a_location_is_resolved_against_its_url(location: bytes | str, target: str) -> None:
    assert resolve(BASE, location).url == target


@pytest.mark.parametrize(
    "location",
    [
        "http:///x",
        "http:x",
        "http:",
        "///x",
        "//",
        "ws://a/",
        "mailto:a@b",
        "data:,x",
        "localhost:80",
        *("//a b/", "http://[::1/", "//a:99999/", "//a\\b/", "/a\x00b", "/a\r\nb", "//b\ud800/"),
        *(b"http://caf\xe9.example/", b"//\xd6\xd0.example/\xc3\xa9", b"http://h:\xff/x"),
        *(b"http://\xc3\xa9\xe9.example/", b"http://me@\xff/", b"//\xed\xa0\x80/", b"\xff/\x00"),
        *(b"\xe9:/\r", b"http://\xc2\x85/"),
    ],
)
def test_an_unusable_location_is_refused_and_said_to_be_a_redirect(location: bytes | str) -> None:
    with pytest.raises(Refusal, match=r"^redirect to an unusable Location: ") as refused:
        resolve(BASE, location)
    assert refused.value.kind is FailureKind.INVALID_URL


@pytest.mark.parametrize("location", ["http://me:too@example.com:8080/x", "//me:too@a/", "/x", "#"])
def test_a_location_brings_no_credentials(location: str) -> None:
    assert resolve(BASE, location).authorization is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://u:p@h/x", "http://***@h/x"),
        ("http://u:p@q@h/x@y?z@", "http://***@h/x@y?z@"),
        ("HTTP://u@h", "HTTP://***@h"),
        ("//u:p@h", "//***@h"),
        (" http://u:p@h", " http://***@h"),
        ("http:////u:p@h", "http:////***@h"),
        ("http:/u:p@h/", "http:/***@h/"),
        ("http:\\\\u:p@h/", "http:\\\\***@h/"),
        ("u:p@h/x", "***@h/x"),
        ("h//u:p@x", "***@x"),
        ("user:pa//ss@host", "***@host"),
        ("http://u:p\uff20h/", "http://***@h/"),
        ("http://u:p\ufe6bh/", "http://***@h/"),
        ("http://u:p%40h/", "http://***@h/"),
        ("http://h/?u=http://a:b@c/", "http://h/?u=***"),
        ("http://h/?u=http%3A%2F%2Fa%3Ab%40c%2F&x=1", "http://h/?u=***&x=1"),
        ("http://h/?u=http%253A%252F%252Fh%252F%253Ftoken%253Dx", "http://h/?u=***"),
        ("http://h/?u=token%3Dx", "http://h/?u=***"),
        ('http://h/?u={"token":"x"}', "http://h/?u=***"),
        ("http://h/?x=%0Atoken=x", "http://h/?x=***"),
        ("http://u:p@h\\@x/", "http://***@x/"),
        ("http://u:\n@h", "http://***@h"),
        ("http://u:\ud800@h", "http://***@h"),
        ("http://u:s/p@h/x", "http://***@h/x"),
        ("http://u:s#p@h/x", "http://***@h/x"),
        ("http://u:s?p@q@h/x", "http://***@h/x"),
        ("u:s/p@h", "***@h"),
        ("b'http://u:s/p@h'", "b'http://***@h'"),
    ],
)
def test_redacting_hides_user_info(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        *("", "@", "http://h/", "http://@h/", "http://h/a@b", "http://h?a@b", "http://h#a@b"),
        *("http://h/?q=cookie", "http://h/?sort=authorization"),
        *("http://h/p@x?y=a@b", "http://h/\uff20", "http://h/?x=%40"),
    ],
)
def test_redacting_leaves_a_url_without_user_info_as_it_is(url: str) -> None:
    assert redact(url) == url


@pytest.mark.parametrize(
    ("text", "known", "shown"),
    [
        ("407, url='http://u:p@h:3128/'", None, "407, url='http://***@h:3128/'"),
        ("x https://u@h/a@b, http://u:p@q@h", None, "x https://***@h/a@b, http://***@h"),
        ("http://h/a@b me@example.com", None, "http://h/a@b me@example.com"),
        ("Failed to parse: us%20er:pw@h", "http://us%20er:pw@h", "Failed to parse: ***@h"),
        ("'us er:p@w' and 'p@w'", "http://us%20er:p%40w@h", "'***' and '***'"),
        (
            "see //u:pw@h, http:/u:pw@h http:\\\\u:p@h",
            None,
            "see //***@h, http:/***@h http:\\\\***@h",
        ),
        ("at http://u:pa/ss@h/x", None, "at http://***@h/x"),
        ("at http://[::1]:80/a@b // a@b", None, "at http://[::1]:80/a@b // a@b"),
        ("at http://h/?page=1&token=a,b and", None, "at http://h/?page=1&token=*** and"),
        ("'abc d' is no key", "http://h/?api_key=abc%20d", "'***' is no key"),
        ("no route to h:80", "http://h:80", "no route to h:80"),
        ("no route to h:80", "http://:@h:80", "no route to h:80"),
    ],
)
def test_redacting_within_a_text(text: str, known: str | None, shown: str) -> None:
    assert redact_within(text, known) == shown


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("/a@b?x=1", "/a@b?x=1"),
        ("?sig=1&x=2", "?sig=***&x=2"),
        ("//u:p@h/", "//***@h/"),
        ("/\\u:p@h/", "/\\***@h/"),
        ("http:/u:p@h/", "http:/***@h/"),
        ("u:p@h/", "***@h/"),
    ],
)
def test_redacting_a_reference(reference: str, shown: str) -> None:
    assert redact_reference(reference) == shown


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "API-KEY", "apiKey", "x-api-key", "access_token", "token", "token[]", "jwt"),
        *("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId", "sig"),
        *("token[0]", "token2", "a" * 300 + "token", "\uff54oken", "Set-Cookie2"),
        *("password", "pwd", "client_secret", "api%5Fkey", "key", "auth", "sessionid", "sid"),
    ],
)
def test_a_parameter_whose_name_says_that_it_is_secret_is_hidden(name: str) -> None:
    assert redact(f"http://h/?a=1&{name}={SECRET}&b=2") == f"http://h/?a=1&{name}=***&b=2"
    assert redact(f"http://h/#{name}={SECRET}") == f"http://h/#{name}=***"


@pytest.mark.parametrize("name", ["page", "i", "monkey", "author", "passage", "keyword", "sort"])
def test_other_parameters_are_shown(name: str) -> None:
    assert redact(f"http://h/?{name}=x") == f"http://h/?{name}=x"


def test_more_parameters_are_secret_by_name() -> None:
    url = "http://h/?Client-Code=1&page=2"
    assert redact(url, ("client_code",)) == "http://h/?Client-Code=***&page=2"
    assert redact_within(f"at {url}", None, ("page",)) == "at http://h/?Client-Code=1&page=***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad line: Set-Cookie : sid=1; x", "bad line: Set-Cookie ***"),
        ("bad line b'Set-Cookie2 sid=1'", "bad line b'Set-Cookie2 ***"),
        ("proxy-authorization: Basic eA==", "proxy-authorization ***"),
        ("X-Api-Key: 1, then more", "X-Api-Key: ***, then more"),
        ("an unexpected token", "an unexpected token"),
    ],
)
def test_redacting_a_message_hides_fields_that_carry_credentials(text: str, shown: str) -> None:
    assert redact_message(text) == shown


NASTY = st.text(
    st.sampled_from(list("ab.-_~/?#@:%2eE0F[]{}|\\^`\"<> +;=&'!é\u3000\u2764\n\x00\ud800"))
)
URLS = st.one_of(
    st.text(),
    NASTY,
    st.builds("{}{}{}".format, st.sampled_from(["http://", "HTTPS://"]), NASTY, NASTY),
    st.builds(
        "{}://{}{}/{}".format,
        st.sampled_from(["http", "https"]),
        st.sampled_from(["h", "u:p@h.example.", "127.0.0.1", "[::1]", "[::FFFF:1.2.3.4]", "bü"]),
        st.sampled_from(["", ":", ":80", ":443", ":65535"]),
        NASTY,
    ),
)


def canonical_or_none(url: object) -> CanonicalURL | None:
    try:
        return canonicalize(url)
    except Refusal as refusal:
        assert refusal.kind is FailureKind.INVALID_URL  # noqa: PT017 - refused is as good
        return None


@given(URLS)
@example("http://h//x")
@example("http://h/%2%35")
@example("http://h/..//x")
def test_the_canonical_form_is_a_fixed_point(url: str) -> None:
    canonical = canonical_or_none(url)
    if canonical is not None:
        assert canonicalize(canonical.url) == canonical._replace(authorization=None)


@given(URLS)
@example("http://h//x?")
@example("http://h/??")
@example("http://[::ffff:1.2.3.4]/?a[]=%5B%%")
def test_every_client_sends_the_canonical_form_unchanged(url: str) -> None:
    canonical = canonical_or_none(url)
    if canonical is None:
        return
    authority = canonical.url.partition("://")[2].partition("/")[0]
    target = canonical.url.partition("://")[2].removeprefix(authority)
    by_yarl, by_httpx = _as_yarl(canonical.url, canonical.scheme), httpx.URL(canonical.url)
    by_urllib3 = urllib3.util.parse_url(canonical.url)
    assert by_yarl.raw_path_qs == target
    assert str(by_yarl) == canonical.url  # what a proxy is asked for
    assert (by_yarl.raw_host, by_yarl.port) == (canonical.host, canonical.port)
    assert by_httpx.raw_path.decode("ascii") == target
    assert by_httpx.raw_host.decode("ascii") == canonical.host
    assert (by_httpx.port or default(canonical)) == canonical.port
    assert by_urllib3.request_uri == target
    assert (by_urllib3.host or "").strip("[]") == canonical.host
    assert (by_urllib3.port or default(canonical)) == canonical.port


def default(url: CanonicalURL) -> int:
    return {"http": 80, "https": 443}[url.scheme]


@given(URLS, st.one_of(URLS, NASTY, st.binary()))
def test_any_location_leads_somewhere_or_is_refused(url: str, location: str | bytes) -> None:
    base = canonical_or_none(url) or BASE
    try:
        target = resolve(base, location)
    except Refusal as refusal:
        assert refusal.kind is FailureKind.INVALID_URL  # noqa: PT017 - refused is as good
    else:
        assert target == canonicalize(target.url)


# Without what ends a path or a query, what cannot be sent, and what is taken for an encoding.
OCTETS = st.binary().map(lambda octets: re.sub(rb"[\x00-\x20\x7f#?%./]", b"", octets))


@given(URLS, OCTETS, st.sampled_from([b"/", b"?", b"/x?", b"x/", b"//h/", b"http://h?"]))
@example("http://h/", b"\x93\xfa\x96{", b"/")
def test_octets_outside_ascii_stand_percent_encoded_in_their_order(
    url: str, octets: bytes, before: bytes
) -> None:
    base = canonical_or_none(url) or BASE
    encoded = [f"%{octet:02X}" for octet in octets if octet >= 0x80]
    path, mark, query = resolve(base, before + octets).origin_form.partition("?")
    last = query if mark else path.rpartition("/")[2]
    assert re.findall("%[89A-F][0-9A-F]", last) == encoded


@given(URLS, st.text(st.characters(exclude_categories=["C"])))
def test_a_location_in_utf_8_leads_where_the_same_text_leads(url: str, text: str) -> None:
    base = canonical_or_none(url) or BASE
    assert resolve(base, f"/x{text}".encode()) == resolve(base, f"/x{text}")


@given(st.one_of(URLS, st.builds("http://u:{}@{}".format, st.just(SECRET), URLS)))
def test_redacting_never_raises_and_needs_no_second_time(url: str) -> None:
    shown = redact(url)
    assert redact(shown) == shown
    assert SECRET not in shown


def test_a_long_hostile_url_takes_no_long_time() -> None:
    for text in ("http://" + "a." * 200_000, "http://h/" + "/.." * 200_000, "/" * 500_000):
        assert canonical_or_none(text) is None or len(text) > 65536
        redact(text + "@")
    for text in (
        "?a=" * 20_000,
        "?a=%3Fa" * 10_000,
        "//a:b" * 20_000,
        "a" * 100_000,
        "&a=" * 50_000,
        "?" * 100_000,
        "b'" * 50_000,
    ):
        redact(text + "@x")
        redact(f"http://h/{text}")
        redact_message("@x" + text)


def test_what_is_to_be_quoted_is_quoted_at_once() -> None:
    for text in ("\xff" * 60_000, '"' * 21_000, "%41" * 20_000, "%" * 21_000):
        begun = time.thread_time()
        canonical_or_none(f"http://h/{text}")
        in_time(time.thread_time() - begun, AT_ONCE)
    for octets in (b"\xff" * 60_000, b"\xff/" * 30_000, b"//" + b"\xff" * 60_000):
        begun = time.thread_time()
        with contextlib.suppress(Refusal):
            resolve(BASE, octets)
        in_time(time.thread_time() - begun, AT_ONCE)


def test_importing_the_rules_imports_no_client_and_no_idna() -> None:
    package = next(iter(concurrent_fetch.__path__))
    code = (
        "import sys, types\n"
        "package = sys.modules['concurrent_fetch'] = types.ModuleType('concurrent_fetch')\n"
        f"package.__path__ = [{package!r}]  # without the face, which imports all\n"
        "import concurrent_fetch.http\n"
        "heavy = {'requests', 'aiohttp', 'httpx', 'urllib.request', 'email', 'idna'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
