"""Many nodes that are only a socket each, and a caller: what Kamailio makes of a long list. SIP at its shortest."""

import selectors
import socket
import threading
import uuid

COPIED = ("via", "from", "call-id", "cseq", "record-route")


def reply(request: str, contact: str, free: int) -> bytes:
    """200 to whatever was asked."""
    lines = request.split("\r\n")
    kept = [line for line in lines if line.partition(":")[0].strip().lower() in COPIED]
    to = next(line for line in lines if line.lower().startswith("to:"))
    to = to if ";tag=" in to else f"{to};tag=node"
    more = [f"X-Free-Calls: {free}"] if request.startswith("OPTIONS") else [f"Contact: <sip:ivr@{contact}>"]
    return "\r\n".join(["SIP/2.0 200 OK", *kept, to, *more, "Content-Length: 0", "", ""]).encode()


class FakeNodes:
    """`count` of them on 127.0.2.x and 127.0.3.x; each says that it has `free` places less the calls it has."""

    def __init__(self, count: int, port: int, free: int) -> None:
        self.addresses = [f"127.0.{2 + n // 250}.{1 + n % 250}:{port}" for n in range(count)]
        self.calls = dict.fromkeys(self.addresses, 0)
        self.free = free
        self._selector = selectors.DefaultSelector()
        for address in self.addresses:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((address.partition(":")[0], port))
            self._selector.register(made, selectors.EVENT_READ, address)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            for key, _ in self._selector.select(0.1):
                assert isinstance(key.fileobj, socket.socket)
                data, peer = key.fileobj.recvfrom(65535)
                text = data.decode()
                self.calls[key.data] += text.startswith("INVITE")
                if not text.startswith("ACK"):
                    key.fileobj.sendto(reply(text, key.data, self.free - self.calls[key.data]), peer)

    def close(self) -> None:
        self._stopped = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()


class Caller:
    """Calls one after the other through the proxy at `port` of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._proxy = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(5)
        self._port = self._socket.getsockname()[1]

    def call(self) -> str:
        """INVITE, ACK, BYE; the Contact of who answered."""
        call_id = uuid.uuid4().hex
        told = self._ask("INVITE", f"sip:x@127.0.0.1:{self._proxy[1]}", call_id, 1, [])
        lines = told.split("\r\n")
        contact = next(line for line in lines if line.startswith("Contact:")).partition("<")[2].rstrip(">")
        routes = [f"Route:{line.partition(':')[2]}" for line in lines if line.startswith("Record-Route:")]
        self._send("ACK", contact, call_id, 1, routes)
        self._ask("BYE", contact, call_id, 2, routes)
        return contact

    def _send(self, method: str, uri: str, call_id: str, cseq: int, routes: list[str]) -> None:
        via = f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{uuid.uuid4().hex}"
        to = "To: <sip:x@y>" + (";tag=node" if cseq > 1 or method == "ACK" else "")
        lines = [f"{method} {uri} SIP/2.0", via, "From: <sip:caller@z>;tag=c", to, f"Call-ID: {call_id}"]
        lines += [f"CSeq: {cseq} {method}", f"Contact: <sip:c@127.0.0.1:{self._port}>", "Max-Forwards: 70", *routes]
        self._socket.sendto("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(), self._proxy)

    def _ask(self, method: str, uri: str, call_id: str, cseq: int, routes: list[str]) -> str:
        self._send(method, uri, call_id, cseq, routes)
        while True:
            told = self._socket.recv(65535).decode()
            if call_id in told and f"CSeq: {cseq} {method}" in told and not told.startswith("SIP/2.0 1"):
                assert told.startswith("SIP/2.0 200"), told
                return told

    def close(self) -> None:
        self._socket.close()
