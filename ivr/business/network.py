"""Which hosts flows may reach: a list of the administrator's, checked on the address that is really connected to.

A name that resolves to the machine itself or to a private network is refused unless the list names it, so that neither
a redirect nor a name server can turn a flow's query against what is behind the firewall.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Refused(Exception):
    """The host or its address is not one that flows may reach. The message names neither."""


class Hosts:
    """`*` stands for every public host; `*.acme.example`, a name, an address or a network is allowed wherever it is."""

    def __init__(self, allowed: Iterable[str]) -> None:
        """Entries are lower case names, patterns, addresses or networks."""
        self.names: list[str] = []
        self.networks: list[Network] = []
        for entry in allowed:
            try:
                self.networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                self.names.append(entry.lower())

    def choose(self, host: str, addresses: Sequence[str]) -> list[str]:
        """Those of a host's addresses that may be connected to, as they came. Raises Refused when none may."""
        named = any(fnmatchcase(host.lower(), name) for name in self.names if name != "*")
        found = [text for text in addresses if named or self._allows(ipaddress.ip_address(text.split("%")[0]))]
        if not found:
            raise Refused("host not allowed")
        return found

    def _allows(self, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if any(address in network for network in self.networks):
            return True
        return "*" in self.names and address.is_global and not address.is_multicast


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only; TLS still checks the name."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the shape is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from None
        allowed = self.hosts.choose(host, list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        last: Exception = httpcore.ConnectError("no address")
        for address in allowed:
            try:
                return await self._real.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Refused("sockets are not asked")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
