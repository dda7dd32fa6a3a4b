from contextlib import asynccontextmanager

from curl_cffi import AsyncCurl, Curl, CurlError, CurlOpt
from libcurl import ERRORS, prepared

import concurrent_fetch as cf


@asynccontextmanager
async def _open(options):
    async def send(exchange):
        curl = prepared(Curl(), CurlOpt, exchange, options)
        try:
            await multi.add_handle(curl)
        except CurlError as error:
            raise ERRORS.get(error.code, CurlError)(str(error)) from error
        finally:
            multi.remove_handle(curl)

    multi = AsyncCurl()
    yield send
    await multi.close()


curl_cffi_client = cf.AsyncClient("curl_cffi", _open, failures={CurlError: cf.FailureKind.PROTOCOL})
