import socket
import ssl

from libcurl_callbacks import head_reader, quiet

ERRORS = {6: socket.gaierror, 7: ConnectionRefusedError, 28: TimeoutError}  # by CURLE_… codes
ERRORS |= {35: ssl.SSLError, 60: ssl.SSLError}
ERRORS |= dict.fromkeys((18, 52, 55, 56), ConnectionResetError)


def prepared(curl, names, exchange, options):
    """Return the handle, ready to send the exchange and to hand over its response."""
    headers = [f"{name}: {value}".encode() for name, value in exchange.headers.items()]
    curl.setopt(names.URL, exchange.url.encode())
    curl.setopt(names.HTTPHEADER, headers)
    curl.setopt(names.TIMEOUT_MS, int(exchange.time_left * 1000) + 1)
    curl.setopt(names.CONNECTTIMEOUT_MS, int(options.connect_timeout * 1000) + 1)
    curl.setopt(names.SSL_VERIFYPEER, int(options.verify is not False))
    if isinstance(options.verify, str):
        curl.setopt(names.CAINFO, options.verify.encode())
    curl.setopt(names.PROXY, (exchange.proxy or "").encode())  # not what the environment says
    curl.setopt(names.HEADERFUNCTION, quiet(head_reader(exchange)))
    curl.setopt(names.WRITEFUNCTION, quiet(exchange.receive))
    return curl
