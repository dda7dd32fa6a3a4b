import trio

from concurrent_fetch.clients import httpx_client


def fetch_trio(urls, options):
    """trio decides what runs when; a blocking client serves its threads."""
    outcomes = []

    async def fetch(get, limit, index, url):
        outcomes.append(await trio.to_thread.run_sync(get, url, index, limiter=limit))

    async def fetch_all(get):
        limit = trio.CapacityLimiter(options.concurrency)
        async with trio.open_nursery() as nursery:
            for index, url in enumerate(urls):
                nursery.start_soon(fetch, get, limit, index, url)

    with httpx_client.session(options) as get:
        trio.run(fetch_all, get)
    return outcomes
