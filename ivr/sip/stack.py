"""Setting up pjsua2 from a SipConfig: its own settings, codecs, transports, RTP ports."""

import random
import socket
from dataclasses import dataclass

import pjsua2 as pj

from ivr.sip.config import SipConfig

_TYPES = {
    ("udp", False): pj.PJSIP_TRANSPORT_UDP,
    ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
    ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
    ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
}
_SPARE_CALLS = 12
"""Calls above `max_calls` that pjsua has room for: a full house still answers, with 503 and Retry-After, where pjsua's
own limit would say 486."""
_COMPILED_CALLS = 512


class SipError(Exception):
    """The endpoint cannot start; the message says which setting."""


def settings(config: SipConfig, writer: pj.LogWriter) -> pj.EpConfig:
    """Every call on the one thread; sound at 8 kHz all the way, in frames of 20 ms, never suppressed."""
    made = pj.EpConfig()
    made.uaConfig.threadCnt = 0
    made.uaConfig.mainThreadOnly = True
    made.uaConfig.maxCalls = min(_COMPILED_CALLS, config.max_calls + _SPARE_CALLS)
    made.uaConfig.userAgent = config.user_agent
    made.logConfig.level = made.logConfig.consoleLevel = 4  # the console's is also that of the writer
    made.logConfig.msgLogging = 1
    made.logConfig.decor = 0
    made.logConfig.writer = writer
    writer.__disown__()  # pjsua2 deletes its writer itself
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
    media.jbInit = media.jbMinPre = config.jitter_min_ms
    media.jbMaxPre = config.jitter_max_ms
    media.jbMax = max(config.jitter_max_ms + 100, 500)
    return made


def codecs(library: pj.Endpoint, names: tuple[str, ...]) -> None:
    """Only these, in this order; gaps are filled (PLC), silence is sent."""
    for codec in library.codecEnum2():
        library.codecSetPriority(codec.codecId, 0)
    for place, name in enumerate(names):
        codec_id = f"{name}/8000/1"
        library.codecSetPriority(codec_id, 255 - place)
        parameters = library.codecGetParam(codec_id)
        parameters.setting.vad = False
        parameters.setting.plc = True
        library.codecSetParam(codec_id, parameters)


@dataclass(frozen=True)
class Listener:
    """One open address and transport."""

    transport: str
    address: str
    port: int
    number: int
    """pjsua's number of it."""

    def __str__(self) -> str:
        return f"{self.transport}:{self.address}:{self.port}"


def listen(library: pj.Endpoint, config: SipConfig) -> list[Listener]:
    """Open every address with every transport. Raises SipError."""
    opened = []
    port = config.port or _free_port(config)
    for address in config.addresses:
        for transport in config.transports:
            made = pj.TransportConfig()
            made.port = port
            made.boundAddress = "" if address in ("0.0.0.0", "::") else address
            try:
                number = library.transportCreate(_TYPES[transport, ":" in address], made)
            except pj.Error as error:
                raise SipError(
                    f"cannot listen on {transport}:{address}:{port} ({error.reason}): see sip.port, sip.addresses"
                ) from None
            opened.append(Listener(transport, address, port, number))
    return opened


def rtp_ports(config: SipConfig) -> tuple[int, int]:
    """First port and size of the range; a free one below the system's own when none is configured."""
    size = config.rtp_ports
    if config.rtp_port:
        return config.rtp_port, size
    top = 32768 - size
    for _ in range(50 if top > 10000 else 0):
        first = random.randrange(10000, top, 2)
        if all(_free(first + offset) for offset in (0, size // 2, size - 2)):
            return first, size
    return 0, 0


def _free_port(config: SipConfig) -> int:
    """A port that every address and transport has free; TCP's and UDP's are given out apart."""
    for _ in range(200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("", 0))
            port = int(probe.getsockname()[1])
        if _free(port) and _free(port, socket.SOCK_STREAM):
            return port
    raise SipError("no free port found: set sip.port")


def _free(port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
