"""The SIP endpoint: pjsua2 on one thread.

`run()` owns that thread (law 6): pjsua2 has no threads of its own for signalling (`threadCnt=0`, `mainThreadOnly`),
its events are handled by the loop here, and what other threads want is put on a queue (`do`). The loop sleeps in
`poll` on pjsip's epoll descriptor and on a pipe that `do` writes to, so a command is carried out at once. pjmedia
keeps two threads of its own: one receives RTP (no Python in it), one is the clock of the sound (media.py).
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping

import pjsua2 as pj
import structlog

from ivr.ports import CallTaker, Invite
from ivr.sip import message, native, numbers, requests, stack
from ivr.sip.accounts import Accounts, DirectorAccount, TrunkState
from ivr.sip.admission import Admission, Refusal
from ivr.sip.callbacks import DirectorCall, DirectorEndpoint
from ivr.sip.commands import Commands
from ivr.sip.config import SipConfig
from ivr.sip.defect import guarded
from ivr.sip.digest import Digest
from ivr.sip.leg import Leg
from ivr.sip.library import require_calls
from ivr.sip.media import SoundPort
from ivr.sip.network import host_of
from ivr.sip.options import OptionsAnswer
from ivr.sip.stack import SipError
from ivr.sip.trace import Trace

__all__ = ["Endpoint", "SipError"]
_log = structlog.get_logger("sip")
_only = threading.Lock()
"""Held by the endpoint that runs: pjsua2 has one a process."""
_POLL_MS = 20
"""Longest sleep of the loop: the grain of SIP's timers, whose shortest is 500 ms (T1)."""
_FIRST_RTP_MS = 10
"""The same while a call waits for its first packet."""


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
        self.options = OptionsAnswer(config.retry_after_s)
        self._admission = Admission(config, Digest(config.credentials, config.realm) if config.credentials else None)
        self._commands = Commands()
        self._dead: list[tuple[DirectorCall, SoundPort | None]] = []
        self._stopping = False
        self._draining = False
        self._trace = Trace()
        self._accounts: Accounts | None = None
        self._watch_at = 0.0
        self._waiting = False
        """A call was answered and no packet of it came yet."""
        self._look_at = 0.0

    # --- from any thread ----------------------------------------------------------------------------------------

    def do(self, command: Callable[[], None]) -> None:
        """Carry out `command` on the pjsua2 thread, soon and in order."""
        self._commands.do(command)

    def stop(self) -> None:
        """End all calls and let `run` return."""
        self.do(self._stop)

    def drain(self, on: bool = True) -> None:
        """New calls and OPTIONS get 503; calls in progress go on."""
        self.do(lambda: setattr(self, "_draining", on))

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
        if not _only.acquire(blocking=False):  # pjsua2 would abort the process
            raise SipError("this process has a SIP endpoint already; pjsua2 can have one at a time")
        try:
            native.quiet()
            library = DirectorEndpoint(self._select_account)
            try:
                self._start(library)
                if started is not None:
                    started(self.listening)
                self._loop(library)
            finally:
                self._finish(library)
        finally:
            _only.release()

    def _start(self, library: DirectorEndpoint) -> None:
        library.libCreate()
        library.libInit(stack.settings(self.config, self._trace))
        library.audDevManager().setNullDev()
        stack.codecs(library, self.config.codecs)
        opened = stack.listen(library, self.config)
        self.listening = [str(listener) for listener in opened]
        library.libStart()
        self._accounts = Accounts(self.config, opened, stack.rtp_ports(self.config), self._incoming)
        first = self.config.addresses[0]
        self._accounts.for_peer("127.0.0.1" if first in ("0.0.0.0", "127.0.0.1") else first, "udp")
        for trunk in self.config.trunks:
            self._accounts.register(trunk)
        self._admission.trunks = self._accounts.trunk_addresses

    def _loop(self, library: DirectorEndpoint) -> None:
        poller = select.poll()
        poller.register(native.file_descriptor(library.libGetSipIoqueueHandle()), select.POLLIN)
        poller.register(self._commands.descriptor, select.POLLIN)
        while not (self._stopping and not self.legs):
            poller.poll(_FIRST_RTP_MS if self._waiting else _POLL_MS)
            self._commands.carry_out()
            guarded("options", lambda: self.options.look(self._draining or self._stopping))
            library.libHandleEvents(0)
            guarded("burial", self._bury)
            guarded("watch", self._watch)

    def later(self, seconds: float, command: Callable[[], None]) -> None:
        """pjsua2 thread: carry out `command` after a time."""
        self._commands.later(seconds, command)

    def _watch(self) -> None:
        """First RTP of answered calls, looked for each 10 ms; RTP that died, each quarter of a second."""
        now = self.now()
        if now >= self._look_at:
            self._look_at = now + 0.01
            waiting = [
                leg for leg in self.legs if leg.answered_at and not leg.sound.flows and now - leg.answered_at < 2.0
            ]
            self._waiting = bool(waiting)
            for leg in waiting:
                leg.look(now)
        if now < self._watch_at:
            return
        limit = self.config.media_timeout_s
        self._watch_at = now + min(1.0, limit / 8)
        for leg in list(self.legs):
            if not leg.answered_at:
                continue
            leg.look(now)
            if not leg.held and now - leg.sound.alive_at > limit:
                leg.end("network", "no RTP")

    def _bury(self) -> None:
        """Destroy what is over, here and by name: a pj.Call that the collector frees later hangs up whoever has its
        number by then (pjsua2's issue 3856)."""
        if not self._dead:
            return
        in_use = {leg.call.getId() for leg in self.legs if leg.call is not None}
        waiting, self._dead = self._dead, []
        for call, port in waiting:
            if port is not None:
                port.close()
            if call.getId() in in_use:
                self._dead.append((call, None))  # its destructor would hang up the call that has this number now
                continue
            call.leg = None
            pj.Call.__swig_destroy__(call)

    def _stop(self) -> None:
        self._stopping = True
        for leg in list(self.legs):
            leg.end("system", "shutting down", 0 if leg.answered_at else 503)
        self.later(2.0, self.legs.clear)

    def _finish(self, library: DirectorEndpoint) -> None:
        if self._accounts is not None:
            self._accounts.close()
            for _ in range(30 if self.config.trunks else 3):  # let the last messages leave
                library.libHandleEvents(10)
        self._bury()
        library.libDestroy()
        self._commands.close()

    # --- calls --------------------------------------------------------------------------------------------------

    def _select_account(self, prm: pj.OnSelectAccountParam) -> None:
        if self._accounts is None:
            return
        invite = message.parse(prm.rdata.wholeMsg)
        transport = "tcp" if invite.first("via").lower().startswith("sip/2.0/tcp") else "udp"
        asked = message.uri(invite.request_uri)
        account = self._accounts.for_incoming(host_of(prm.rdata.srcAddress), transport, asked.host if asked else "")
        prm.accountIndex = account.getId()

    def _incoming(self, account: DirectorAccount, number: int, text: str, source: str) -> None:
        invite = message.parse(text)
        peer = host_of(source)
        leg = Leg(self, self.taker, "caller", invite.first("call-id"), incoming=True)
        leg.peer = source
        leg.call = DirectorCall(account, leg, number)
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
        offer = Invite(
            caller=numbers.caller(invite, config.region, trusted),
            dialled=numbers.dialled(invite, config.number_from, config.region),
            headers={name: values[0] for name, values in invite.headers.items() if "authorization" not in name},
            sip_call_id=leg.sip_call_id,
            peer=source,
        )
        if not guarded("taker", lambda: self.taker.offered(leg, offer)):
            leg.refuse(500)
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
        leg = Leg(self, taker, name, os.urandom(12).hex(), incoming=False)
        return leg if self.call_out(leg, uri, headers, made) else None

    def call_out(
        self, leg: Leg, uri: str, headers: Mapping[str, str] | None = None, made: Callable[[Leg], None] | None = None
    ) -> bool:
        """pjsua2 thread: `leg` calls `uri`; False when that is impossible at once, which it is told as its end."""
        assert self._accounts is not None
        target = message.uri(uri)
        host = target.host if target else ""
        transport = "tcp" if "transport=tcp" in uri.lower() else "udp"
        account = self._accounts.trunk_for(host) or self._accounts.for_peer(host or "127.0.0.1", transport)
        call = DirectorCall(account, leg)
        leg.call = call
        if made is not None:
            made(leg)
        self._trace.follow(leg.sip_call_id, leg.tell)
        prm = requests.parameters(headers=(headers or {}).items())
        prm.opt.customCallId = leg.sip_call_id
        self.legs.add(leg)
        try:
            call.makeCall(uri, prm)
        except pj.Error as error:
            _log.warning("cannot call", reason=error.reason)
            leg.disconnected(500, error.reason)
            return False
        return True

    def follow(self, leg: Leg, account: pj.Account) -> DirectorCall | None:
        """pjsua2 thread: `leg` was asked by REFER to call somebody. The call to do it with when `on_transfer` is set,
        else None."""
        if self.on_transfer is None:
            return None
        made = Leg(self, leg.taker, leg.name, f"{leg.sip_call_id}-transferred", incoming=False)
        made.call = DirectorCall(account, made)
        self.legs.add(made)
        self.on_transfer(leg, made)
        return made.call

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
