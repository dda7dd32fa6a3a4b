"""The TLS contexts: one for all clients with the same options."""

import os
import ssl
from functools import cache
from pathlib import Path
from typing import NamedTuple

from concurrent_fetch.model import Options
from concurrent_fetch.wire._deadline_sockets import DeadlineTLSSocket


class _Bundle(NamedTuple):
    """Certificates of authorities: a file, or a folder of files."""

    named_by: str
    path: str


def tls_context(options: Options) -> ssl.SSLContext:
    """Return the context for these options; building one costs 24 ms, so it is kept.

    Authorities are those of `Options.verify`; else of SSL_CERT_FILE, SSL_CERT_DIR and
    REQUESTS_CA_BUNDLE with `trust_env`, as many as are set; else of certifi.

    Raises:
        ValueError: what was named is no usable CA bundle.
    """
    if isinstance(options.verify, str):
        return _context((_Bundle(f"Options.verify={options.verify!r}", options.verify),))
    bundles = _of_environment() if options.verify and options.trust_env else ()
    return _context(bundles or (_usual(),), verify=options.verify)


def _usual() -> _Bundle:
    import certifi  # noqa: PLC0415 - it brings a lot with it; where no TLS is, nobody needs it

    return _Bundle("certifi", certifi.where())


def tls_name(host: str) -> str:
    """Return the name that a certificate is to have for a host: without a final dot."""
    return host.removesuffix(".")


def _of_environment() -> tuple[_Bundle, ...]:
    given = os.environ.get
    named = [
        ("REQUESTS_CA_BUNDLE", given("REQUESTS_CA_BUNDLE")),
        ("SSL_CERT_FILE", given("SSL_CERT_FILE")),
    ]
    named += [("SSL_CERT_DIR", path) for path in given("SSL_CERT_DIR", "").split(os.pathsep)]
    return tuple(_Bundle(f"{name}={path!r}", path) for name, path in named if path)


@cache
def _context(bundles: tuple[_Bundle, ...], *, verify: bool = True) -> ssl.SSLContext:
    context: ssl.SSLContext | None = None
    for named_by, path in bundles:
        is_folder = Path(path).is_dir()
        file, folder = (None, path) if is_folder else (path, None)
        try:
            if context is None:
                context = ssl.create_default_context(cafile=file, capath=folder)
            else:
                context.load_verify_locations(file, folder)
        except OSError as error:
            raise ValueError(f"{named_by} is no usable CA bundle: {error}") from error
    assert context is not None  # noqa: S101 - there is a bundle
    context.sslsocket_class = DeadlineTLSSocket
    context.hostname_checks_common_name = False  # as browsers: RFC 9110, 4.3.4
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
