"""The SIP endpoint: pjsua2 on one thread.

`run()` owns that thread (law 6): pjsua2 has no threads of its own for signalling (`threadCnt=0`, `mainThreadOnly`),
its events are handled by the loop here, and what other threads want is put on a queue (`do`). The loop sleeps in
`poll` on pjsip's epoll descriptor and on a pipe that `do` writes to, so a command is carried out at once. pjmedia
keeps two threads of its own: one receives RTP (no Python in it), one is the clock of the sound (media.py).
"""

from __future__ import annotations

import contextlib
import heapq
import os
import select
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import count

import pjsua2 as pj
import structlog

from ivr.ports import CallTaker, Invite
from ivr.sip import message, native, numbers
from ivr.sip.accounts import Accounts, DirectorAccount, TrunkState
from ivr.sip.admission import Admission, Refusal
from ivr.sip.config import SipConfig
from ivr.sip.digest import Digest
from ivr.sip.leg import DirectorCall, Leg
from ivr.sip.library import require_calls
from ivr.sip.media import SoundPort
from ivr.sip.network import host_of
from ivr.sip.trace import Trace

_log = structlog.get_logger("sip")
_POLL_MS = 10
"""Longest sleep of the loop: the grain of SIP's timers, whose shortest is 500 ms (T1)."""
_TYPES = {
    ("udp", False): pj.PJSIP_TRANSPORT_UDP,
    ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
    ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
    ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
}


class SipError(Exception):
    """The endpoint cannot start; the message says which setting."""


class _Library(pj.Endpoint):  # type: ignore[misc]
    """pjsua2's callbacks that belong to no call."""

    def __init__(self, select_account: Callable[[pj.OnSelectAccountParam], None]) -> None:
        super().__init__()
        self._select_account = select_account

    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        try:
            self._select_account(prm)
        except Exception:
            _log.exception("no account for a caller")


class Endpoint:
    """All SIP calls of this process; there can be only one endpoint at a time in a process (pjsua)."""

    def __init__(self, config: SipConfig, taker: CallTaker) -> None:
        self.config = config
        self.taker = taker
        self.listening: list[str] = []
        """`udp:127.0.0.1:5060`, ... once `run` has started."""
        self.legs: set[Leg] = set()
        """Calls of now; pjsua2 thread only."""
        self.on_transfer: Callable[[Leg, Leg], None] | None = None
        """A telephone's: takes the leg that a REFER asks for (asked leg, new leg). A server declines REFER."""
        self._admission = Admission(config, Digest(config.credentials, config.realm) if config.credentials else None)
        self._commands: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._dead: list[tuple[DirectorCall, SoundPort | None]] = []
        self._stopping = False
        self._draining = False
        self._trace = Trace()
        self._accounts: Accounts | None = None
        self._ports: dict[str, int] = {}
        self._watch_at = 0.0
        self._look_at = 0.0

    # --- from any thread ----------------------------------------------------------------------------------------

    def do(self, command: Callable[[], None]) -> None:
        """Carry out `command` on the pjsua2 thread, soon and in order."""
        self._commands.append(command)
        with contextlib.suppress(OSError):  # the pipe is full of wake-ups, or the endpoint is gone
            os.write(self._wake_write, b"x")

    def stop(self) -> None:
        """End all calls and let `run` return."""
        self.do(self._stop)

    def drain(self, on: bool = True) -> None:
        """New calls get 503; those in progress go on."""
        self.do(lambda: setattr(self, "_draining", on))

    @property
    def calls(self) -> int:
        """Calls now."""
        return len(self.legs)

    def trunks(self) -> list[TrunkState]:
        """State of each registration."""
        return list(self._accounts.states.values()) if self._accounts is not None else []

    @staticmethod
    def now() -> float:
        """The endpoint's clock, seconds."""
        return time.monotonic()

    # --- the thread ---------------------------------------------------------------------------------------------

    def run(self, started: Callable[[list[str]], None] | None = None) -> None:
        """Be the pjsua2 thread until `stop`. Raises SipError or LibraryError when it cannot start."""
        require_calls(self.config.max_calls)
        native.quiet()
        library = _Library(self._select_account)
        try:
            self._start(library)
            if started is not None:
                started(self.listening)
            self._loop(library)
        finally:
            self._finish(library)

    def _start(self, library: _Library) -> None:
        library.libCreate()
        library.libInit(self._settings())
        library.audDevManager().setNullDev()
        for codec in library.codecEnum2():
            library.codecSetPriority(codec.codecId, 0)
        for place, name in enumerate(self.config.codecs):
            library.codecSetPriority(f"{name}/8000/1", 255 - place)
            parameters = library.codecGetParam(f"{name}/8000/1")
            parameters.setting.vad = False
            parameters.setting.plc = True
            library.codecSetParam(f"{name}/8000/1", parameters)
        self._listen(library)
        library.libStart()
        self._accounts = Accounts(self.config, self._ports, self._incoming)
        first = self.config.addresses[0]
        self._accounts.for_peer("127.0.0.1" if first in ("0.0.0.0", "127.0.0.1") else first, "udp")
        for trunk in self.config.trunks:
            self._accounts.register(trunk)

    def _settings(self) -> pj.EpConfig:
        config = self.config
        made = pj.EpConfig()
        made.uaConfig.threadCnt = 0
        made.uaConfig.mainThreadOnly = True
        made.uaConfig.maxCalls = min(512, config.max_calls + 12)  # a full house still answers, with 503
        made.uaConfig.userAgent = config.user_agent
        made.logConfig.level = 4
        made.logConfig.consoleLevel = 4  # also the level of what the writer gets
        made.logConfig.msgLogging = 1
        made.logConfig.decor = 0
        made.logConfig.writer = self._trace
        self._trace.__disown__()  # pjsua2 deletes its writer itself
        media = made.medConfig
        media.clockRate = media.sndClockRate = 8000
        media.channelCount = 1
        media.audioFramePtime = 20
        media.ptime = config.ptime_ms
        media.maxMediaPorts = 2 * made.uaConfig.maxCalls + 16
        media.hasIoqueue = True
        media.threadCnt = 1
        media.noVad = True
        media.ecTailLen = 0
        media.sndAutoCloseTime = -1
        media.jbInit = config.jitter_min_ms
        media.jbMinPre = config.jitter_min_ms
        media.jbMaxPre = config.jitter_max_ms
        media.jbMax = max(config.jitter_max_ms + 100, 500)
        return made

    def _listen(self, library: _Library) -> None:
        port = self.config.port
        for address in self.config.addresses:
            for transport in self.config.transports:
                made = pj.TransportConfig()
                made.port = port
                made.boundAddress = "" if address in ("0.0.0.0", "::") else address
                try:
                    number = library.transportCreate(_TYPES[transport, ":" in address], made)
                except pj.Error as error:
                    raise SipError(
                        f"cannot listen on {transport}:{address}:{port} ({error.reason}): see sip.port, sip.addresses"
                    ) from None
                told = library.transportGetInfo(number).localName
                port = port or int(told.rpartition(":")[2])
                self._ports[transport] = port
                self.listening.append(f"{transport}:{address}:{port}")

    def _loop(self, library: _Library) -> None:
        poller = select.poll()
        poller.register(native.file_descriptor(library.libGetSipIoqueueHandle()), select.POLLIN)
        poller.register(self._wake_read, select.POLLIN)
        while not (self._stopping and not self.legs):
            poller.poll(_POLL_MS)
            self._carry_out()
            library.libHandleEvents(0)
            self._bury()
            self._watch()

    def _carry_out(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_read, 4096):
                pass
        for _ in range(len(self._commands)):
            self._guarded(self._commands.popleft())
        now = self.now()
        while self._timers and self._timers[0][0] <= now:
            self._guarded(heapq.heappop(self._timers)[2])

    @staticmethod
    def _guarded(command: Callable[[], None]) -> None:
        try:
            command()
        except Exception:
            _log.exception("sip command failed")

    def later(self, seconds: float, command: Callable[[], None]) -> None:
        """pjsua2 thread: carry out `command` after a time."""
        heapq.heappush(self._timers, (self.now() + seconds, next(self._numbers), command))

    def _watch(self) -> None:
        """First RTP of answered calls, looked for each 10 ms; RTP that died, each quarter of a second."""
        now = self.now()
        if now >= self._look_at:
            self._look_at = now + 0.01
            for leg in self.legs:
                if leg.answered_at and not leg.flows and now - leg.answered_at < 2.0:
                    leg.count_packets(now)
        if now < self._watch_at:
            return
        limit = self.config.media_timeout_s
        self._watch_at = now + min(1.0, limit / 8)
        for leg in list(self.legs):
            if not leg.answered_at:
                continue
            leg.count_packets(now)
            if not leg.held and now - leg.packets_at > limit:
                leg.end("network", "no RTP")

    def _bury(self) -> None:
        """Destroy what is over, here and by name: a pj.Call that the collector frees later hangs up whoever has its
        number by then (pjsua2's issue 3856)."""
        for call, port in self._dead:
            call.leg = None
            pj.Call.__swig_destroy__(call)
            if port is not None:
                port.close()
        self._dead.clear()

    def _stop(self) -> None:
        self._stopping = True
        for leg in list(self.legs):
            leg.end("system", "shutting down", 0 if leg.answered_at else 503)
        self.later(2.0, self.legs.clear)

    def _finish(self, library: _Library) -> None:
        if self._accounts is not None:
            self._accounts.close()
            for _ in range(30 if self.config.trunks else 3):  # let the last messages leave
                library.libHandleEvents(10)
        self._bury()
        library.libDestroy()
        os.close(self._wake_write)
        os.close(self._wake_read)

    # --- calls --------------------------------------------------------------------------------------------------

    def _select_account(self, prm: pj.OnSelectAccountParam) -> None:
        if self._accounts is None:
            return
        invite = prm.rdata.wholeMsg
        via = message.parse(invite).first("via").lower()
        peer = host_of(prm.rdata.srcAddress)
        prm.accountIndex = self._accounts.for_incoming(peer, "tcp" if via.startswith("sip/2.0/tcp") else "udp").getId()

    def _incoming(self, account: DirectorAccount, number: int, text: str, source: str) -> None:
        invite = message.parse(text)
        peer = host_of(source)
        leg = Leg(self, self.taker, "caller", invite.first("call-id"), incoming=True)
        leg.peer = source
        leg.begin(DirectorCall(account, leg, number))
        refusal = self._admission.refusal(invite, peer, len(self.legs))
        if self._draining or self._stopping:
            refusal = Refusal(503, "Shutting down", self.config.retry_after_s)
        if refusal is not None:
            leg.mute()
            leg.refuse(refusal.status, refusal.reason, refusal.retry_after_s, refusal.headers)
            return
        self.legs.add(leg)
        config = self.config
        trusted = self._admission.trusted(peer)
        self.taker.offered(
            leg,
            Invite(
                caller=numbers.caller(invite, config.region, trusted),
                dialled=numbers.dialled(invite, config.number_from, config.region),
                headers={name: values[0] for name, values in invite.headers.items() if "authorization" not in name},
                sip_call_id=leg.sip_call_id,
                peer=source,
            ),
        )
        self._trace.follow(leg.sip_call_id, leg.tell)

    def dial(
        self,
        uri: str,
        taker: CallTaker,
        headers: Mapping[str, str] | None = None,
        name: str = "caller",
        made: Callable[[Leg], None] | None = None,
        user: str = "",
    ) -> Leg | None:
        """pjsua2 thread: call `uri`; None when that is impossible at once. `made` is given the leg before anything is
        told of it: the place to attach its slot. `user`: user part of From instead of the account's."""
        assert self._accounts is not None
        target = message.uri(uri)
        host = target.host if target else ""
        transport = "tcp" if "transport=tcp" in uri.lower() else "udp"
        account = self._accounts.trunk_for(host) or self._accounts.for_peer(host or "127.0.0.1", transport)
        call_id = os.urandom(12).hex()
        leg = Leg(self, taker, name, call_id, incoming=False)
        call = DirectorCall(account, leg)
        leg.begin(call)
        if made is not None:
            made(leg)
        self._trace.follow(call_id, leg.tell)
        prm = pj.CallOpParam(True)
        prm.opt.audioCount, prm.opt.videoCount, prm.opt.textCount = 1, 0, 0
        prm.opt.customCallId = call_id
        if user:
            at = account.getInfo().uri.rpartition("@")[2].strip(">")
            prm.txOption.localUri = f"sip:{user}@{at}"
        for header_name, value in (headers or {}).items():
            header = pj.SipHeader()
            header.hName, header.hValue = header_name, value
            prm.txOption.headers.append(header)
        self.legs.add(leg)
        try:
            call.makeCall(uri, prm)
        except pj.Error as error:
            _log.warning("cannot call", reason=error.reason)
            leg.disconnected(500, error.reason)
            return None
        return leg

    def follow(self, leg: Leg) -> Leg | None:
        """pjsua2 thread: `leg` was asked by REFER to call somebody. A leg for that call when `on_transfer` is set."""
        if self.on_transfer is None:
            return None
        made = Leg(self, leg.taker, leg.name, f"{leg.sip_call_id}-transferred", incoming=False)
        self.legs.add(made)
        self.on_transfer(leg, made)
        return made

    def dialable(self, uri: str, leg: Leg) -> str:
        """A sip: address for a destination: a telephone number goes to the first trunk, else back to the peer that
        the call came from."""
        if uri.lower().startswith(("sip:", "sips:")):
            return uri
        number = uri[4:] if uri.lower().startswith("tel:") else uri
        for trunk in self.config.trunks:
            registrar = message.uri(trunk.registrar)
            return f"sip:{number}@{trunk.domain or (registrar.host if registrar else '')}"
        return f"sip:{number}@{leg.peer}" if leg.peer else f"tel:{number}"

    def gone(self, leg: Leg, call: DirectorCall | None, port: SoundPort | None) -> None:
        """The leg has ended: forget it, destroy its objects at the end of this round of the loop."""
        self.legs.discard(leg)
        self._trace.forget(leg.sip_call_id)
        if call is not None:
            self._dead.append((call, port))
