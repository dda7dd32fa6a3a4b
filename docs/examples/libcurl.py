from libcurl_callbacks import head_reader, quiet


def prepared(curl, names, exchange, options):
    """Return the handle, ready to send the exchange and to hand over its response."""
    headers = [f"{name}: {value}".encode() for name, value in exchange.headers.items()]
    curl.setopt(names.URL, exchange.url.encode())
    curl.setopt(names.HTTPHEADER, headers)
    curl.setopt(names.TIMEOUT_MS, int(exchange.time_left * 1000) + 1)
    curl.setopt(names.CONNECTTIMEOUT_MS, int(options.connect_timeout * 1000) + 1)
    curl.setopt(names.SSL_VERIFYPEER, int(options.verify is not False))
    curl.setopt(names.SSL_VERIFYHOST, 0 if options.verify is False else 2)
    if isinstance(options.verify, str):
        curl.setopt(names.CAINFO, options.verify.encode())
    curl.setopt(names.PROXY, (exchange.proxy or "").encode())  # not what the environment says
    curl.setopt(names.HEADERFUNCTION, quiet(head_reader(exchange)))
    curl.setopt(names.WRITEFUNCTION, quiet(exchange.receive))
    return curl
