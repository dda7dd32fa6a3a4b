from contextlib import asynccontextmanager

from curl_cffi import AsyncCurl, Curl, CurlError, CurlOpt
from libcurl import prepared
from libcurl_errors import told_apart

import concurrent_fetch as cf


@asynccontextmanager
async def _open(options):
    async def send(exchange):
        transfer = multi.add_handle(curl := prepared(Curl(), CurlOpt, exchange, options))
        transfer.add_done_callback(lambda done: done.cancelled() and multi.remove_handle(curl))
        with told_apart(CurlError):
            await transfer

    multi = AsyncCurl()
    try:
        yield send
    finally:
        await multi.close()


curl_cffi_client = cf.AsyncClient("curl_cffi", _open, failures={CurlError: cf.FailureKind.PROTOCOL})
