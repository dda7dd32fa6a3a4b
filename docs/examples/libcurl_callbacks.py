def quiet(callback):
    """Return a callback that raises nothing through the C of libcurl: the exchange has noted it."""

    def call(data):
        try:
            callback(data)
        except Exception:  # noqa: BLE001 - see above
            return 0xFFFFFFFF  # CURL_WRITEFUNC_ERROR
        return len(data)

    return call


def head_reader(exchange):
    lines = []

    def read(line):
        lines.append(line.strip())
        if not lines[-1] and exchange.head is None:  # else it is the end of the trailers
            status, fields = lines[0].split()[1], [field.split(b":", 1) for field in lines[1:-1]]
            lines.clear()
            if not status.startswith(b"1"):  # an interim response
                exchange.answer(int(status), fields)

    return read
