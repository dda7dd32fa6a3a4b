"""The matrix: every fault × every client × every strategy, run on real servers.

`python tests/support/matrix.py` runs it and writes docs/faults.md.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import attrs
import trustme
from fetching import CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy
from pace import TRIES

import concurrent_fetch as cf
from concurrent_fetch import FailureKind as Kind
from concurrent_fetch.server import FAULTS, Answered, LocalServer
from concurrent_fetch.server._faults import GROUPS, Expected, Fault

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
PATIENCE = 5.0
"""The timeout of a fetch that is not to run into it."""

WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS)
"""Each fetches each case; the two event loops must come to the same, row by row."""
_GET = Answered(path="/get")
_ANYTHING = "/anything/"


@attrs.frozen(kw_only=True)
class Case:
    """A row of the matrix."""

    name: str
    group: str
    does: str
    expected: tuple[Expected, ...]
    why: str = ""
    options: Mapping[str, Any] = attrs.field(factory=dict)
    fetches: int = 1
    idle: float = 0.0
    server: str = "plain"
    """Which of the `Servers`."""
    method: str = "GET"
    body: bytes | None = None
    url: str
    """With `{base}`, `{port}` and `{ca}` to be filled in."""


def _of_fault(group: str, fault: Fault) -> Case:
    over_tls = group == "TLS"
    return Case(
        name=fault.name,
        group=group,
        does=f"The server {fault.does}.",
        expected=fault.expected,
        why=fault.why,
        options=fault.options,
        fetches=fault.fetches,
        idle=fault.idle,
        server=fault.name if fault.greeting else "good" if over_tls else "plain",
        url="https://127.0.0.1:{port}/" if fault.greeting else f"{{base}}/fault/{fault.name}",
    )


def _url(name: str, url: str, expected: Expected = Kind.INVALID_URL) -> Case:
    does = f"The URL is `{url.replace('{base}', 'http://127.0.0.1:8000')}`."
    return Case(name=f"url_{name}", group="URLs", does=does, expected=(expected,), url=url)


def _path(name: str, given: str, sent: str) -> Case:
    return _url(name, "{base}" + _ANYTHING + given, Answered(path=_ANYTHING + sent))


def _tls(
    name: str,
    does: str,
    server: str,
    expected: Expected,
    *,
    url: str = "{base}/get",
    **options: Any,
) -> Case:
    return Case(
        name=f"tls_{name}",
        group="TLS",
        does=does,
        expected=(expected,),
        options={"verify": "{ca}", **options},
        server=server,
        url=url,
    )


_HEADED = Answered(body=b"")
_IN_HEAD: Mapping[str, Expected] = {
    **dict.fromkeys(
        ("cl_right", "cl_short", "cl_huge", "cl_extra_keep", "close_delimited", "body_endless"),
        _HEADED,
    ),
    **dict.fromkeys(("chunked_bytes", "chunked_bad_size", "chunked_truncated"), _HEADED),
    **dict.fromkeys(("ce_gzip", "ce_gzip_plain", "ce_compress", "bomb_gzip"), _HEADED),
    **dict.fromkeys(("interim_100", "ka_poison", "ka_leftover_garbage"), _HEADED),
    **dict.fromkeys(
        ("redir_301", "redir_303", "redir_307", "redir_body_truncated", "redir_close"),
        Answered(body=b"", redirects=1, path="/get"),
    ),
    "cl_alpha": Kind.PROTOCOL,
    "cl_dup_differ": Kind.PROTOCOL,
    "status_204": Answered(status=204),
    "status_204_body": Answered(status=204),
    "status_304_length": Answered(status=304),
    "status_404": Answered(status=404, body=b""),
    "redir_loop": Kind.TOO_MANY_REDIRECTS,
    "fin_in_headers": Kind.DISCONNECTED,
    "rst_after_request": Kind.DISCONNECTED,
}
"""What a HEAD comes to: what is wrong with a body that nobody asked for is not looked at."""
_POSTED = (
    *("status_204", "status_204_body", "status_304_length", "status_404", "interim_100"),
    *("cl_right", "cl_short", "chunked_bytes", "chunked_truncated", "body_endless", "ce_gzip"),
    *("redir_body_truncated", "redir_close", "redir_loop", "redir_credentials_home"),
    *("fin_after_request", "rst_after_request", "rst_in_headers", "ka_poison"),
    *("ka_leftover_garbage",),
)
"""The faults that a POST is not to come to anything else by."""
_POSTED_OTHERWISE: Mapping[str, Expected] = {
    "redir_301": Answered(redirects=1, path="/get"),
    "redir_307": Answered(redirects=1, path="/get"),
    "redir_credentials": Answered(redirects=1),
}


def _asked(fault: Fault, method: str, expected: tuple[Expected, ...]) -> Case:
    return attrs.evolve(
        _of_fault("", fault),
        name=f"{method.lower()}_{fault.name}",
        group=method,
        expected=expected,
        method=method,
        body=b"name=value" if method == "POST" else None,
    )


CASES: tuple[Case, ...] = (
    *(_of_fault(group, fault) for group, faults in GROUPS.items() for fault in faults),
    _tls("good", "The certificate is in order.", "good", _GET),
    _tls("unknown_authority", "Nobody knows who signed.", "good", Kind.TLS, verify=True),
    _tls("not_verified", "Nobody asks who signed.", "good", _GET, verify=False),
    _tls("self_signed", "The server signed for itself.", "self_signed", Kind.TLS),
    _tls("expired", "The certificate has expired.", "expired", Kind.TLS),
    _tls("not_yet", "The certificate is not valid yet.", "not_yet", Kind.TLS),
    _tls("wrong_host", "The certificate is another host's.", "wrong_host", Kind.TLS),
    _tls(
        "by_name",
        "The certificate names the host among its subject alternative names.",
        "good",
        _GET,
        url="https://localhost:{port}/get",
    ),
    _tls(
        "common_name_only",
        "The certificate names the host by its common name only.",
        "common_name",
        Kind.TLS,
        url="https://localhost:{port}/get",
    ),
    _url("empty", ""),
    _url("no_scheme", "127.0.0.1/get"),
    _url("scheme_rel", "//127.0.0.1/get"),
    _url("path_only", "/get"),
    _url("ftp", "ftp://127.0.0.1/"),
    _url("ws", "ws://127.0.0.1/"),
    _url("no_host", "http:///get"),
    _url("scheme_only", "http:"),
    _url("port_99999", "http://127.0.0.1:99999/"),
    _url("port_0", "http://127.0.0.1:0/"),
    _url("port_neg", "http://127.0.0.1:-1/"),
    _url("port_letters", "http://127.0.0.1:port/"),
    _url("port_fullwidth", "http://127.0.0.1:\uff18\uff10/"),
    _url("leading_space", " {base}/get"),
    _url("trailing_lf", "{base}/get\n"),
    _url("crlf_path", "{base}/get\r\nX-Odd: 1"),
    _url("nul", "{base}/get\0"),
    _url("tab", "{base}/ge\tt"),
    _url("surrogate", "{base}/\ud800"),
    _url("ipv4_short", "http://127.1/"),
    _url("ipv4_decimal", "http://2130706433/"),
    _url("ipv4_octal", "http://0177.0.0.1/"),
    _url("ipv4_256", "http://127.0.0.256/"),
    _url("ipv6_open", "http://[::1/"),
    _url("ipv6_letters", "http://[xyz]/"),
    _url("ipv6_zone", "http://[fe80::1%25eth0]/"),
    _url("host_space", "http://a b/"),
    _url("host_less", "http://a<b/"),
    _url("host_percent", "http://a%62/"),
    _url("host_backslash", "http://127.0.0.1\\@example.com/"),
    _url("long_label", f"http://{'a' * 64}.invalid/"),
    _url("empty_label", "http://a..invalid/"),
    _url("idna_invalid", "http://\u2260\u0338.invalid/"),
    _url("fragment", "{base}/get#part", _GET),
    _url("upper_case", "HTTP://LOCALHOST:{port}/get", _GET),
    _url("fullwidth_host", "http://\uff11\uff12\uff17.0.0.1:{port}/get", _GET),
    _url("empty_query", "{base}/get?", Answered(path="/get?")),
    _url("empty_query_fragment", "{base}/get?#part", Answered(path="/get?")),
    _url("empty_query_root", "{base}?", Answered(path="/?")),
    _url(
        "userinfo",
        "http://me:s3cret@127.0.0.1:{port}/basic-auth/me/s3cret",
        Answered(path="/basic-auth/me/s3cret"),
    ),
    _url("userinfo_empty", "http://@127.0.0.1:{port}/headers", Answered(lacks=b"Authorization")),
    _path("tilde", "%7E", "~"),
    _path("lower_hex", "%c3%a9", "%C3%A9"),
    _path("letter", "\u00e9", "%C3%A9"),
    _path("brackets", "[]|^`", "%5B%5D%7C%5E%60"),
    _path("backslash", "a\\b", "a%5Cb"),
    _path("lone_percent", "100%", "100%25"),
    _path("space", "a b?c d", "a%20b?c%20d"),
    _path("dots", "a/.././b", "b"),
    _path("encoded_dots", "a/%2e%2e/b", "b"),
    _path("encoded_slash", "a%2Fb", "a%2Fb"),
    _path("encoded_nul", "%00", "%00"),
    _path("plus", "a+b?c+d", "a+b?c+d"),
    _url("refused", "http://127.0.0.1:1/", Kind.CONNECT),
    _url("unknown_host", "http://nosuch.invalid/", Kind.DNS),
    _url("unknown_host_idna", "http://b\u00fccher.invalid/", Kind.DNS),
)

CASES += (
    *(_asked(FAULTS[name], "HEAD", (expected,)) for name, expected in _IN_HEAD.items()),
    *(_asked(FAULTS[name], "POST", FAULTS[name].expected) for name in _POSTED),
    *(_asked(FAULTS[name], "POST", (one,)) for name, one in _POSTED_OTHERWISE.items()),
)
# A resolver that got no answer asks again after 5 s.
CASES = tuple(
    attrs.evolve(case, options={"timeout": 30.0, **case.options})
    if Kind.DNS in case.expected
    else case
    for case in CASES
)


class Servers:
    """A server for each of the names in `Case.server`, started when it is first asked for."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._running: dict[str, LocalServer] = {}

    def __enter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._folder = Path(folder)
        self._authority = trustme.CA()
        self.ca = str(self._folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.ca)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __getitem__(self, name: str) -> LocalServer:
        if name not in self._running:
            self._running[name] = self._stack.enter_context(self._made(name))
        return self._running[name]

    def _made(self, name: str) -> LocalServer:
        if name == "plain":
            return LocalServer()
        if name not in _CERTIFICATES:
            return LocalServer(fault=name)
        path = self._folder / f"{name}.pem"
        if name == "common_name":
            path.write_bytes(_common_name_only(self._authority))
        else:
            self._certificate(name).private_key_and_cert_chain_pem.write_to_path(str(path))
        return LocalServer(certificate=str(path))

    def _certificate(self, name: str) -> trustme.LeafCert:
        authority = trustme.CA() if name == "self_signed" else self._authority
        host = "example.com" if name == "wrong_host" else "127.0.0.1"
        dates: dict[str, dict[str, Any]] = {
            "expired": {"not_before": datetime(2000, 1, 1, tzinfo=UTC),
                        "not_after": datetime(2001, 1, 1, tzinfo=UTC)},
            "not_yet": {"not_before": datetime(2090, 1, 1, tzinfo=UTC)},
        }  # fmt: skip
        return authority.issue_cert(host, "localhost", **dates.get(name, {}))


_CERTIFICATES = ("good", "self_signed", "expired", "not_yet", "wrong_host", "common_name")


def _common_name_only(authority: trustme.CA) -> bytes:
    """Return a key and a certificate for localhost without any subject alternative name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    signer = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    told = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, *told) + certificate.public_bytes(pem)


class Matrix:
    """What each case has come to; a case is run once, when it is first asked for.

    Where that is too slow, it is done again by the rule of `pace`.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._seen: dict[str, dict[ClientStrategy, list[cf.Outcome]]] = {}
        self._pool = ThreadPoolExecutor(len(WAYS))

    def outcomes(self, case: Case) -> dict[ClientStrategy, list[cf.Outcome]]:
        """Return the outcomes of its fetches, by strategy and client."""
        if case.name not in self._seen:
            for _ in range(TRIES):
                self._seen[case.name] = self._run(case)
                if all(
                    is_in_time(case, o) for found in self._seen[case.name].values() for o in found
                ):
                    break
        return self._seen[case.name]

    def _run(self, case: Case) -> dict[ClientStrategy, list[cf.Outcome]]:
        server = self._servers[case.server]
        urls: list[Any] = list(_urls(case, server))
        if case.method != "GET":
            urls = [cf.Request(url, method=case.method, body=case.body) for url in urls]
        options = self._options(case)
        runs = self._pool.map(lambda way: _fetched(way, urls, options), WAYS)
        return dict(zip(WAYS, runs, strict=True))

    def _options(self, case: Case) -> cf.Options:
        given = {"timeout": PATIENCE, "concurrency": 1, **case.options}
        if case.group == "TLS":
            given.setdefault("verify", "{ca}")
        if given.get("verify") == "{ca}":
            given["verify"] = self._servers.ca
        return cf.Options(**given)


def _urls(case: Case, server: LocalServer) -> Iterator[str]:
    url = case.url.replace("{base}", server.url("/")[:-1]).replace("{port}", str(server.port))
    for number in range(case.fetches):
        if number and case.idle:  # at another origin, so that the connection to this one rests
            yield f"http://localhost:{server.port}/delay/{case.idle}"
        yield url


def _fetched(way: ClientStrategy, urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    return [outcome for outcome in way.fetch(urls, options) if "/delay/" not in outcome.url]


def limit_of(case: Case) -> float:
    """Return the first limit that a fetch of this case runs into, in seconds."""
    return float(min(case.options.get(name, PATIENCE) for name in ("timeout", "connect_timeout")))


def is_in_time(case: Case, outcome: cf.Outcome) -> bool:
    """Whether an outcome was there soon after its limit; and before it, if it is to be."""
    timed_out = isinstance(outcome, cf.Failure) and outcome.kind is Kind.TIMEOUT
    return outcome.elapsed < limit_of(case) + 0.3 and (
        not timed_out or Kind.TIMEOUT in case.expected
    )


def is_as(expected: Expected, outcome: cf.Outcome) -> bool:
    """Whether an outcome is what was expected."""
    if isinstance(expected, Kind):
        return isinstance(outcome, cf.Failure) and outcome.kind is expected
    return (
        isinstance(outcome, cf.Response)
        and outcome.status_code == expected.status
        and expected.body in (None, outcome.body)
        and expected.text in (None, outcome.text)
        and len(outcome.redirects) == expected.redirects
        and outcome.final_url.endswith(expected.path)
        and (not expected.lacks or expected.lacks not in outcome.body)
        and (not expected.header or outcome.headers.get(expected.header[0]) == expected.header[1])
    )


def facts(outcome: cf.Outcome) -> tuple[object, ...]:
    """All that must be the same whichever client fetched it."""
    if isinstance(outcome, cf.Failure):
        return (outcome.kind,)
    return (
        outcome.status_code,
        outcome.final_url,
        outcome.headers,
        outcome.body,
        outcome.text,
        outcome.redirects,
        outcome.http_version,
    )


# The page of the docs.

_INTRO = """\
# The fault matrix

Every row is a way in which a server, a connection or a URL can be odd, hostile or broken. Each was
fetched by every strategy with every built-in client. The last column is what became of it: the
status of a response, or the kind of a failure. One word there means that **all clients agree**: in
status, final URL, headers, body, text and redirects of a response, or in the kind of a failure.
{differing}

The rows stand in groups: open one to see them. All were asked for with GET; the groups HEAD and
POST ask for some of them once more.

`LocalServer` has these faults at `/fault/<name>`, or at every URL with `LocalServer(fault=name)`.
The group URLs is not among them: there the fault is in the URL. `concurrent_fetch.server.FAULTS`
describes them for tests of your own, and {doc}`testing` checks a client or a strategy with some.

<!-- Written by tests/support/matrix.py from a run; tests/fetch/test_matrix.py compares. -->
"""
_NOWHERE = "They agree in all of the {total} cases."
_SOMEWHERE = """\
They agree in all but {count} of the {total} cases. Those stand [at the end](#where-clients-differ),
with the reason."""
_FOLDED = """\
## {group}

<details>
<summary>{cases}</summary>

| name | what happens | outcome |
|---|---|---|
{rows}
</details>

"""
_DIFFERENT = """\
## Where clients differ

| fault | requests | httpx | httpx, async | aiohttp | reason |
|---|---|---|---|---|---|
"""
_COLUMNS = ("fetch_sync-requests", "fetch_sync-httpx", "fetch_async-httpx", "fetch_async-aiohttp")


def page(matrix: Matrix) -> str:
    """Return docs/faults.md."""
    differing = [case for case in CASES if case.why]
    how_many = _SOMEWHERE if differing else _NOWHERE
    counted = how_many.format(total=len(CASES), count=len(differing))
    parts = [_INTRO.replace("{differing}", counted)]
    for group in dict.fromkeys(case.group for case in CASES):
        cases = [case for case in CASES if case.group == group]
        rows = "".join([*_plain(cases, matrix), *(_row(case, matrix) for case in _odd(cases))])
        parts.append(_FOLDED.format(group=group, cases=f"{len(cases)} cases", rows=rows))
    if differing:
        parts += [_DIFFERENT, *[_difference(case, matrix) for case in differing]]
    return "\n".join([parts[0], "".join(parts[1:])])


def _is_plain(case: Case) -> bool:
    """Whether the server only answers with a status, and that is what comes of it."""
    status = case.name.removeprefix("status_")
    return case.does == f"The server answers {status}."


def _odd(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if not _is_plain(case)]


def _plain(cases: Iterable[Case], matrix: Matrix) -> list[str]:
    """Return one row for all plain statuses, if there are any."""
    plain = [case for case in cases if _is_plain(case)]
    if not plain:
        return []
    statuses = [case.name.removeprefix("status_") for case in plain]
    seen = [{_word(found) for found in matrix.outcomes(case).values()} for case in plain]
    assert seen == [{status} for status in statuses]
    first, last, told = plain[0].name, plain[-1].name, ", ".join(statuses)
    return [f"| `{first}` to `{last}` | The server answers {told}. | that status |\n"]


def _row(case: Case, matrix: Matrix) -> str:
    ways = matrix.outcomes(case).values()
    words = dict.fromkeys(_word(outcomes) for outcomes in ways)
    return f"| `{case.name}` | {_cell(case.does)} | {' / '.join(sorted(words))} |\n"


def _difference(case: Case, matrix: Matrix) -> str:
    by_way = {str(way): _word(outcomes) for way, outcomes in matrix.outcomes(case).items()}
    words = " | ".join(by_way[column] for column in _COLUMNS)
    return f"| `{case.name}` | {words} | {case.why} |\n"


def _word(outcomes: Iterable[cf.Outcome]) -> str:
    words = dict.fromkeys(
        outcome.kind if isinstance(outcome, cf.Failure) else str(outcome.status_code)
        for outcome in outcomes
    )
    return ", ".join(words)


def _cell(text: str) -> str:
    short = text if len(text) < 160 else f"{text[:120]}…`."
    shown = short.encode("unicode_escape").decode() if not short.isprintable() else short
    return shown.replace("|", "\\|")


if __name__ == "__main__":
    with Servers() as servers:
        PAGE.write_text(page(Matrix(servers)), encoding="utf-8")
