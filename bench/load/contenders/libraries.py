"""Other libraries, each as its own documentation uses it.

To add one: a function here, and its distribution in the group `peers` of pyproject.toml.
"""

from io import BytesIO

from bench.load.contenders.contender import Load, contender, workers

DEADLINE_TOO = "cap, outcome"  # of those that bound a whole fetch unless told otherwise


@contender("pycurl.CurlMulti loop", "pycurl")
def pycurl_multi(urls: list[str], load: Load) -> list[bytes]:
    import pycurl

    multi, bodies, waiting, active = pycurl.CurlMulti(), [], iter(urls), 0
    multi.setopt(pycurl.M_MAXCONNECTS, load.concurrency)

    def begin(curl: pycurl.Curl) -> int:
        if (url := next(waiting, None)) is None:
            return 0
        curl.buffer = BytesIO()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.WRITEDATA, curl.buffer)
        multi.add_handle(curl)
        return 1

    for _ in range(load.concurrency):
        curl = pycurl.Curl()
        if load.ca:
            curl.setopt(pycurl.CAINFO, load.ca)
        active += begin(curl)
    while active:
        multi.select(1.0)
        multi.perform()
        _, done, failed = multi.info_read(load.concurrency)
        if failed:
            raise RuntimeError(str(failed[0][1:]))
        for curl in done:
            bodies.append(curl.buffer.getvalue())
            multi.remove_handle(curl)
            active += begin(curl) - 1
    multi.close()
    return bodies


@contender("requests-futures", "requests-futures")
def requests_futures(urls: list[str], load: Load) -> list[bytes]:
    from requests_futures.sessions import FuturesSession

    with FuturesSession(max_workers=load.concurrency) as session:
        session.verify = load.ca or True
        return [future.result().content for future in [session.get(url) for url in urls]]


@contender("grequests", "grequests")
def grequests_imap(urls: list[str], load: Load) -> list[bytes]:
    import grequests  # before requests: it puts gevent in the place of the sockets
    from requests import Session
    from requests.adapters import HTTPAdapter

    with Session() as session:
        session.verify = load.ca or True
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=load.concurrency))
        asked = (grequests.get(url, session=session) for url in urls)
        return [response.content for response in grequests.imap(asked, size=load.concurrency)]


@contender("aiometer, httpx", "aiometer", "httpx")
async def aiometer_httpx(urls: list[str], load: Load) -> list[bytes]:
    import aiometer
    import httpx

    n, bodies = load.concurrency, []
    limits = httpx.Limits(max_connections=n, max_keepalive_connections=n)
    async with httpx.AsyncClient(limits=limits, verify=load.tls, timeout=60) as client:

        async def get(url: str) -> None:
            bodies.append((await client.get(url)).content)

        await aiometer.run_on_each(get, urls, max_at_once=n)
    return bodies


@contender("niquests", "niquests")
async def niquests(urls: list[str], load: Load) -> list[bytes]:
    from niquests import AsyncSession

    async with AsyncSession(pool_maxsize=load.concurrency) as session:
        session.verify = load.ca or True

        async def get(url: str) -> bytes:
            return (await session.get(url)).content

        return await workers(get, urls, load)


@contender("httpx2", "httpx2")
async def httpx2(urls: list[str], load: Load) -> list[bytes]:
    from httpx2 import AsyncClient, Limits

    n = load.concurrency
    limits = Limits(max_connections=n, max_keepalive_connections=n)
    async with AsyncClient(limits=limits, verify=load.tls, timeout=60) as client:

        async def get(url: str) -> bytes:
            return (await client.get(url)).content

        return await workers(get, urls, load)


@contender("httpx-aiohttp", "httpx-aiohttp")
async def httpx_aiohttp(urls: list[str], load: Load) -> list[bytes]:
    from httpx import Limits
    from httpx_aiohttp import HttpxAiohttpClient

    n = load.concurrency
    limits = Limits(max_connections=n, max_keepalive_connections=n)
    async with HttpxAiohttpClient(limits=limits, verify=load.tls, timeout=60) as client:

        async def get(url: str) -> bytes:
            return (await client.get(url)).content

        return await workers(get, urls, load)


@contender("pyreqwest", "pyreqwest")
async def pyreqwest(urls: list[str], load: Load) -> list[bytes]:
    from pyreqwest.client import ClientBuilder

    builder = ClientBuilder()
    if load.pem:
        builder = builder.add_root_certificate_pem(load.pem)
    async with builder.build() as client:

        async def get(url: str) -> bytes:
            response = await client.get(url).build().send()
            return bytes(await response.bytes())

        return await workers(get, urls, load)


@contender("pyqwest", "pyqwest")
async def pyqwest(urls: list[str], load: Load) -> list[bytes]:
    from pyqwest import Client, HTTPTransport

    async with HTTPTransport(tls_ca_cert=load.pem) as transport:
        client = Client(transport)

        async def get(url: str) -> bytes:
            return (await client.get(url)).content

        return await workers(get, urls, load)


@contender("primp", "primp")
async def primp(urls: list[str], load: Load) -> list[bytes]:
    from primp import AsyncClient

    client = AsyncClient(ca_cert_file=load.ca)

    async def get(url: str) -> bytes:
        return (await client.get(url)).content

    return await workers(get, urls, load)


@contender("curl_cffi", "curl_cffi", leaves_out=DEADLINE_TOO)
async def curl_cffi(urls: list[str], load: Load) -> list[bytes]:
    from curl_cffi import AsyncSession

    async with AsyncSession(max_clients=load.concurrency, verify=load.ca or True) as session:

        async def get(url: str) -> bytes:
            return (await session.get(url)).content

        return await workers(get, urls, load)


@contender("aiosonic", "aiosonic", leaves_out=DEADLINE_TOO)
async def aiosonic(urls: list[str], load: Load) -> list[bytes]:
    from aiosonic import HTTPClient
    from aiosonic.connectors import TCPConnector
    from aiosonic.pools import PoolConfig

    connector = TCPConnector(pool_configs={":default": PoolConfig(size=load.concurrency)})
    tls = load.tls if load.ca else None
    async with HTTPClient(connector) as client:

        async def get(url: str) -> bytes:
            return await (await client.get(url, ssl=tls)).content()

        return await workers(get, urls, load)
