from contextlib import contextmanager

import pycurl
from libcurl import ERRORS, prepared
from pycurl_handles import Handles

import concurrent_fetch as cf


@contextmanager
def _open(options):
    def send(exchange):
        curl = handles.get()
        try:
            prepared(curl, pycurl, exchange, options).perform()
        except pycurl.error as error:
            raise ERRORS.get(error.args[0], pycurl.error)(error.args[1]) from error
        finally:
            handles.put(curl)

    with Handles(options.concurrency) as handles:
        yield send


pycurl_client = cf.Client("pycurl", _open, failures={pycurl.error: cf.FailureKind.PROTOCOL})
