"""Answers one call after another with sound, until standard input closes. Prints its SIP port first.

A process of its own, since pjsua2 lives once in a process.
"""

import os
import select
import sys

import pjsua2 as pj


class Silence(pj.AudioMediaPort):  # type: ignore[misc]
    """Something to send, so that the stream sends packets."""

    def onFrameRequested(self, frame):  # type: ignore[no-untyped-def]
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf.assign_from_bytes(b"\x10\x00" * 160)


class Call(pj.Call):  # type: ignore[misc]
    """Connected to the source as soon as its media is there."""

    def onCallMediaState(self, prm):  # type: ignore[no-untyped-def]
        PORT.startTransmit(self.getAudioMedia(-1))


class Account(pj.Account):  # type: ignore[misc]
    """Answers at once."""

    def onIncomingCall(self, prm):  # type: ignore[no-untyped-def]
        call = Call(self, prm.callId)
        CALLS.append(call)
        answer = pj.CallOpParam()
        answer.statusCode = 200
        call.answer(answer)


CALLS: list[Call] = []
ENDPOINT = pj.Endpoint()
ENDPOINT.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.medConfig.noVad = True
config.medConfig.clockRate = 8000
config.logConfig.level = config.logConfig.consoleLevel = 0
ENDPOINT.libInit(config)
ENDPOINT.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
number = ENDPOINT.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
ENDPOINT.libStart()
PORT = Silence()
shape = pj.MediaFormatAudio()
shape.init(pj.PJMEDIA_FORMAT_PCM, 8000, 1, 20000, 16)
PORT.createPort("source", shape)
account = Account()
settings = pj.AccountConfig()
settings.idUri = "sip:answer@127.0.0.1"
account.create(settings)
print(ENDPOINT.transportGetInfo(number).localName, flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    ENDPOINT.libHandleEvents(10)
os._exit(0)  # pjsua2's own end waits for the clock thread, which waits for the interpreter
