import socket
from contextlib import contextmanager

from pyreqwest.exceptions import BodyDecodeError, ConnectError, DecodeError, RequestError

from concurrent_fetch import FailureKind

FAILURES = {
    **dict.fromkeys((BodyDecodeError, RequestError), FailureKind.INCOMPLETE),
    DecodeError: FailureKind.PROTOCOL,
    ConnectError: FailureKind.TLS,  # those that have no other cause
}
CAUSES = {"dns error": socket.gaierror, "tcp connect error": ConnectionRefusedError}
CAUSES |= {"client error (SendRequest)": ConnectionResetError}


@contextmanager
def told_apart():
    """Raise what the causes of an error say: its class is the same for all of them."""
    try:
        yield
    except ConnectError as error:
        found = [CAUSES[c["message"]] for c in error.details["causes"] if c["message"] in CAUSES]
        raise (found[0](str(error)) if found else error) from None
