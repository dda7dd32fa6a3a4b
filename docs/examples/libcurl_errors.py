import socket
import ssl
from contextlib import contextmanager

ERRORS = {  # by the codes of libcurl, CURLE_…
    6: socket.gaierror,
    7: ConnectionRefusedError,
    18: ConnectionResetError,
    28: TimeoutError,
    35: ssl.SSLError,
    52: ConnectionResetError,
    55: ConnectionResetError,
    56: ConnectionResetError,
    60: ssl.SSLError,
}


@contextmanager
def told_apart(single):
    """Raise what the code of a binding's single exception means."""
    try:
        yield
    except single as error:
        code = getattr(error, "code", error.args[0])
        raise ERRORS.get(code, single)(str(error)) from error
