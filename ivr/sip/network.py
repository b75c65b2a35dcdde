"""Addresses of peers: which of our interfaces leads there, and in which network a peer is."""

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network


@lru_cache(maxsize=1024)
def local_address(peer: str) -> str:
    """Address of the interface that leads to `peer`; 127.0.0.1 when there is no route."""
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def inside(address: str, networks: Iterable[str]) -> bool:
    """Does `address` lie in one of the networks? Names and nonsense do not."""
    try:
        host = ip_address(address.strip("[]"))
    except ValueError:
        return False
    return any(host in ip_network(net, strict=False) for net in networks)


def resolved(host: str) -> tuple[str, ...]:
    """Addresses of a host as the system's resolver tells; empty when it cannot. May wait for the network."""
    try:
        return tuple(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host.strip("[]"), None)))
    except OSError:
        return ()


def host_of(endpoint: str) -> str:
    """`10.0.0.1:5060` -> `10.0.0.1`, `[::1]:5060` -> `::1`."""
    host, _, port = endpoint.rpartition(":")
    return (host if port.isdigit() and host else endpoint).strip("[]")
