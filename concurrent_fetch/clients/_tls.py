"""The one TLS context that all clients share."""

import ssl
from functools import cache
from pathlib import Path

import certifi

from concurrent_fetch.clients._sockets import DeadlineTLSSocket


@cache
def tls_context(verify: bool | str) -> ssl.SSLContext:
    """Return the context for `Options.verify`; building one costs 24 ms, so it is kept.

    Raises:
        ValueError: the path is no usable CA bundle.
    """
    bundle = Path(verify) if isinstance(verify, str) else Path(certifi.where())
    is_folder = bundle.is_dir()
    try:
        context = ssl.create_default_context(
            cafile=None if is_folder else str(bundle), capath=str(bundle) if is_folder else None
        )
    except OSError as error:
        raise ValueError(f"Options.verify={verify!r} is no usable CA bundle: {error}") from error
    context.sslsocket_class = DeadlineTLSSocket
    context.hostname_checks_common_name = False  # as browsers: RFC 9110, 4.3.4
    context.set_alpn_protocols(["http/1.1"])
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
