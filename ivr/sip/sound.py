"""The sound of one leg: its port on the bridge, what it is joined with, whether packets come. pjsua2 thread only."""

import pjsua2 as pj
import structlog

from ivr.journal import MediaReport
from ivr.ports import AudioSlot
from ivr.sip.media import SoundPort

_log = structlog.get_logger("sip")


class LegSound:
    """pjsua may make a new stream at each offer and answer; `connect` joins what is there."""

    def __init__(self) -> None:
        self.slot: AudioSlot | None = None
        self.port: SoundPort | None = None
        self.streaming = False
        """A session description was agreed: there is a stream to ask."""
        self.flows = False
        """RTP came."""
        self.alive_at = 0.0
        """Clock of the endpoint when the last sign of life was seen: RTP, or RTCP where the far side is silent."""
        self._signs = (0, 0)

    def open(self, name: str) -> None:
        """Make the port between bridge and slot, once."""
        if self.port is None and self.slot is not None:
            self.port = SoundPort(name, self.slot)

    def connect(self, call: pj.Call, partner: pj.Call | None) -> None:
        """Far side -> slot, and slot -> far side; or both far sides with each other when there is a partner."""
        try:
            own = call.getAudioMedia(-1)
            if self.port is not None:
                own.startTransmit(self.port)
                if partner is None:
                    self.port.startTransmit(own)
                else:
                    self.port.stopTransmit(own)
            if partner is not None:
                far = partner.getAudioMedia(-1)
                own.startTransmit(far)
                far.startTransmit(own)
        except pj.Error as error:
            _log.debug("sound not connected", reason=error.reason)

    def codec(self, call: pj.Call) -> str:
        """Empty while it is not agreed: the answer to a late offer comes with the ACK."""
        return str(call.getStreamInfo(0).codecName) if self.streaming else ""

    def look(self, call: pj.Call, now: float) -> bool:
        """Count packets; True when the first one came."""
        if not self.streaming:
            return False
        try:
            stat = call.getStreamStat(0)
        except pj.Error:
            return False
        packets: int = stat.rtcp.rxStat.pkt
        signs = (packets, int(stat.rtcp.txStat.updateCount))
        if signs != self._signs:
            self._signs, self.alive_at = signs, now
        first = packets > 0 and not self.flows
        self.flows = self.flows or first
        return first

    def report(self, call: pj.Call | None) -> MediaReport:
        """Quality so far."""
        if call is None or not self.streaming:
            return MediaReport()
        try:
            stat = call.getStreamStat(0)
        except pj.Error:
            return MediaReport()
        received = stat.rtcp.rxStat
        return MediaReport(
            lost=received.loss,
            jitter_ms=round(received.jitterUsec.mean / 1000, 2),
            received=received.pkt,
            sent_packets=stat.rtcp.txStat.pkt,
            late_frames=stat.jbuf.discard,
        )
