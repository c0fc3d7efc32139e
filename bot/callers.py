"""Who calls, as far as the connection and our own proxies say."""

import ipaddress

from aiohttp import web

ONE_CALLER = 64
"""Bits of an IPv6 address that name one line: whoever has it can call from all that lie behind."""


def address_of(request: web.Request, proxies: int) -> str:
    """Return the caller's address, as far as it tells callers apart.

    `proxies` = how many of our own stand before us. Only what these wrote into X-Forwarded-For is
    believed: the last ones from the right. Some write the port too, which is another each time.
    """
    forwarded = [
        part.strip()
        for line in request.headers.getall("X-Forwarded-For", [])
        for part in line.split(",")
    ]
    if proxies and len(forwarded) >= proxies:
        return _line(forwarded[-proxies][:64])
    return _line(request.remote or "")


def _line(written: str) -> str:
    """Return the address without its port, of IPv6 the net of the line; other text as it is."""
    bare = written
    if written.startswith("["):
        bare = written[1:].partition("]")[0]
    elif written.count(":") == 1:
        bare = written.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return written
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    # without the name of an interface, which is ours and not the caller's
    whole = ipaddress.IPv6Address(int(address))
    return str(ipaddress.ip_network((whole, ONE_CALLER), strict=False))
