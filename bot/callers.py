"""Who calls, as far as the connection and our own proxies say."""

from aiohttp import web


def address_of(request: web.Request, proxies: int) -> str:
    """Return the caller's address; `proxies` = how many of our own stand before us.

    Only what our own proxies wrote into X-Forwarded-For is believed: the last ones from the right.
    """
    forwarded = [
        part.strip()
        for line in request.headers.getall("X-Forwarded-For", [])
        for part in line.split(",")
    ]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies][:64]
    return request.remote or ""
