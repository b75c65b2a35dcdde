"""Where a call from the browser goes: the control API of the node with the most room."""

from dataclasses import dataclass

from ivr.records import node_list
from ivr.web.parts import WebParts


class NoNode(Exception):
    """Nobody takes the call now; why."""


@dataclass(frozen=True)
class Api:
    """A node's control API."""

    address: str
    """`http://127.0.0.1:40001`."""
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def socket(self, path: str) -> str:
        """Address of a WebSocket."""
        return f"ws{self.address.removeprefix('http')}{path}"


def freest(parts: WebParts) -> Api:
    """Raises NoNode, SQLAlchemyError."""
    there = [it for it in node_list.listed(parts.engine) if it.address and not it.draining]
    if not there:
        raise NoNode("no server takes calls now; is `ivr up` running?")
    best = max(there, key=lambda it: it.max_calls - it.live_calls)
    try:
        return Api(best.address, parts.control_token())
    except OSError:
        raise NoNode("the control API's token is not there: set control.token, the same on every machine") from None
