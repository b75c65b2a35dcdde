"""A NAT made of network namespaces: client (private address) - nat - server (what the client sees as the internet)."""

import os
import subprocess

CLIENT_ADDRESS = "192.168.77.2"
SERVER_ADDRESS = "198.51.100.1"
NAT_ADDRESS = "198.51.100.2"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Nat:
    """Namespaces `<name>c`, `<name>n`, `<name>s`; addresses from the ranges for documentation and private use."""

    def __init__(self) -> None:
        base = f"ivr{os.getpid() % 10000}"
        self.client, self.nat, self.server = (base + end for end in "cns")
        self._made: list[str] = []

    def __enter__(self) -> "Nat":
        try:
            for name in (self.client, self.nat, self.server):
                _ip("netns", "add", name)
                self._made.append(name)
                _ip("-n", name, "link", "set", "lo", "up")
            self._join(self.client, "c0", CLIENT_ADDRESS, self.nat, "n0", "192.168.77.1")
            self._join(self.nat, "n1", NAT_ADDRESS, self.server, "s0", SERVER_ADDRESS)
            no_ipv6 = ["ip", "netns", "exec", self.client, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"]
            subprocess.run(no_ipv6, check=True, capture_output=True)  # a client must not offer what the server lacks
            _ip("-n", self.client, "route", "add", "default", "via", "192.168.77.1")
            run = ["ip", "netns", "exec", self.nat]
            subprocess.run([*run, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True, capture_output=True)
            rule = ["iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "n1", "-j", "MASQUERADE", "--random-fully"]
            subprocess.run([*run, *rule], check=True, capture_output=True)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        self._made = []

    @staticmethod
    def _join(one: str, device: str, address: str, other: str, other_device: str, other_address: str) -> None:
        _ip("link", "add", device, "netns", one, "type", "veth", "peer", "name", other_device, "netns", other)
        for name, dev, addr in ((one, device, address), (other, other_device, other_address)):
            _ip("-n", name, "addr", "add", f"{addr}/24", "dev", dev)
            _ip("-n", name, "link", "set", dev, "up")


def possible() -> str:
    """Reason to skip; empty when namespaces can be made."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        with Nat():
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"network namespaces cannot be made here: {error}"
