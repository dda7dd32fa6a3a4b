from contextlib import contextmanager
from datetime import timedelta

from pyreqwest.client import SyncClientBuilder
from pyreqwest_failures import FAILURES, told_apart

import concurrent_fetch as cf


@contextmanager
def _open(options):
    def send(exchange):
        get = client.get(exchange.url).headers(exchange.headers).streamed_read_buffer_limit(0)
        with told_apart(), get.timeout(timedelta(seconds=exchange.time_left)).build_streamed() as r:
            exchange.answer(r.status, r.headers.items())
            while chunk := r.body_reader.read_chunk():
                exchange.receive(bytes(chunk))

    builder = SyncClientBuilder().no_proxy().follow_redirects(False).gzip(False).deflate(False)
    with builder.danger_accept_invalid_certs(not options.verify).build() as client:
        yield send
    client = None  # its idle connections go with it


pyreqwest_client = cf.Client("pyreqwest", _open, failures=FAILURES)
