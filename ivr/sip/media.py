"""Sound of a call between pjmedia and the call's slot. The two callbacks run on pjmedia's clock thread, one clock for
all calls: they copy 320 bytes and do nothing else (docs/sip.md, pjsua2's issue 4658)."""

from typing import Protocol

import pjsua2 as pj

FRAME_BYTES = 320
"""20 ms of 8 kHz mono PCM16."""
_SILENCE = bytes(FRAME_BYTES)
_AUDIO = pj.PJMEDIA_FRAME_TYPE_AUDIO


class Sink(Protocol):
    """The part of ports.AudioSlot that the media thread uses."""

    def put_caller(self, pcm: bytearray | bytes) -> None: ...

    def take_system(self) -> bytes: ...


class SoundPort(pj.AudioMediaPort):  # type: ignore[misc]
    """One call's port on the conference bridge, both directions."""

    def __init__(self, name: str, sink: Sink) -> None:
        super().__init__()
        self._sink: Sink | None = sink
        self._incoming = bytearray(FRAME_BYTES)
        self._outgoing = pj.ByteVector()
        self._outgoing.assign_from_bytes(_SILENCE)
        self._asked = False
        shape = pj.MediaFormatAudio()
        shape.type = pj.PJMEDIA_TYPE_AUDIO
        shape.clockRate = 8000
        shape.channelCount = 1
        shape.bitsPerSample = 16
        shape.frameTimeUsec = 20000
        self.createPort(name, shape)

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        """20 ms of the caller; a frame without sound (hold, nothing connected) counts as silence."""
        sink = self._sink
        if sink is None:
            return
        if not self._asked:
            sink.take_system()  # nobody is sent to (hold, bridged): the system's clock goes on
        self._asked = False
        if frame.type == _AUDIO and frame.size == FRAME_BYTES:
            frame.buf.copy_to_bytearray(self._incoming)
            sink.put_caller(self._incoming)
        else:
            sink.put_caller(_SILENCE)

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:
        """The next 20 ms to send."""
        sink = self._sink
        self._asked = True
        self._outgoing.assign_from_bytes(_SILENCE if sink is None else sink.take_system())
        frame.type = _AUDIO
        frame.size = FRAME_BYTES
        frame.buf = self._outgoing

    def close(self) -> None:
        """pjsua2 thread: take the port off the bridge and free it. Python's collector must never do that
        (pjsua2's issue 3856), so the object is destroyed by name."""
        self._sink = None
        pj.AudioMediaPort.__swig_destroy__(self)
