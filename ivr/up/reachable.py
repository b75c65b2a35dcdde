"""What to tell the operator at the start: the address to dial, and what is missing with its cost."""

import re
from pathlib import Path

import psutil

_NUMBER = re.compile(r"sip:([A-Za-z0-9_.+-]+)@")


def dial(flows: Path, addresses: list[str], port: int, public: str = "") -> str:
    """A SIP address that reaches a line from this network."""
    user = "ivr"
    lines = flows / "lines.yaml"
    if lines.exists():
        named = _NUMBER.search(lines.read_text("utf-8", "replace"))
        user = named[1] if named else user
    else:
        names = sorted(p.parent.name for p in flows.glob("*/flow.yaml"))
        user = names[0] if names else user
    hosts = [public] if public else [a for address in addresses for a in _hosts(address)]
    return " or ".join(f"sip:{user}@{host}" + (f":{port}" if port != 5060 else "") for host in dict.fromkeys(hosts))


def _hosts(address: str) -> list[str]:
    """Addresses that other machines (else this one) can dial."""
    if address not in {"0.0.0.0", "::"}:
        return [f"[{address}]" if ":" in address else address]
    found = []
    for some in psutil.net_if_addrs().values():
        found += [a.address for a in some if a.family.name == "AF_INET" and not a.address.startswith("127.")]
    return [*sorted(found)[:2], "127.0.0.1"]


def missing(cache: Path, rasa_wanted: bool) -> list[str]:
    """One line for each part that is not installed and what that costs; empty when everything is there."""
    from ivr import models
    from ivr.nlu.rasa_env import find_rasa

    lines = []
    if rasa_wanted and find_rasa(cache) is None:
        lines.append("missing: Rasa; the built-in classifier understands (`ivr doctor` tells the mend)")
    for row in models.rows():
        if models.path(row.name, cache) is None:
            lines.append(f"missing: model {row.name}; {row.without}")
    return lines
