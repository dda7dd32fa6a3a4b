from contextlib import contextmanager

import pycurl
from libcurl import prepared
from libcurl_errors import told_apart
from pycurl_handles import Handles

import concurrent_fetch as cf


@contextmanager
def _open(options):
    def send(exchange):
        curl = handles.get()
        try:
            with told_apart(pycurl.error):
                prepared(curl, pycurl, exchange, options).perform()
        finally:
            handles.put(curl)

    with Handles(options.concurrency) as handles:
        yield send


pycurl_client = cf.Client("pycurl", _open, failures={pycurl.error: cf.FailureKind.PROTOCOL})
