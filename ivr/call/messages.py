"""Messages that a caller leaves (voicemail): taken off the caller's side, kept as WAV, played back from memory."""

import io
import math
import wave
from array import array

from ivr.actions import EndMessage, RecordMessage
from ivr.audio.frames import FRAME_BYTES, RATE
from ivr.call.slot import CallSlot
from ivr.call.writer import Message, Writer

TONE_HZ = 1000.0
TONE_FRAMES = 15
"""Length of the tone before a message."""


def tone() -> bytes:
    """8 kHz mono PCM16, -12 dBFS."""
    peak = 32767 / 4
    samples = range(TONE_FRAMES * FRAME_BYTES // 2)
    return array("h", (int(peak * math.sin(2 * math.pi * TONE_HZ * n / RATE)) for n in samples)).tobytes()


class Messages:
    """Of one call."""

    def __init__(self, call: str, slot: CallSlot, writer: Writer) -> None:
        self._call = call
        self._slot = slot
        self._writer = writer
        self._taken: dict[str, bytes] = {}
        self._name = ""
        self._sound = bytearray()
        self._next_t = 0
        self._most = 0

    def begin(self, order: RecordMessage, t: int) -> None:
        """From frame `t` on, behind the tone."""
        self._name, self._sound = order.name, bytearray()
        self._next_t = t + (TONE_FRAMES if order.tone else 0)
        self._most = round(order.max_s * RATE) * 2

    def step(self, t: int) -> None:
        """Take the caller's frames before `t`."""
        while self._name and self._next_t < t and len(self._sound) < self._most:
            self._sound += self._slot.caller(self._next_t)
            self._next_t += 1

    def end(self, order: EndMessage) -> None:
        """Keep it, or not."""
        if order.name != self._name:
            return
        begun = self._next_t - len(self._sound) // FRAME_BYTES
        self.step(order.until_t)
        sound = bytes(self._sound[: max(0, order.until_t - begun) * FRAME_BYTES])
        self._name, self._sound = "", bytearray()
        if order.keep and sound:
            self._taken[order.name] = sound
            self._writer.put(Message(self._call, order.name, wav(sound)))

    def find(self, name: str) -> bytes | None:
        """8 kHz mono PCM16 of a message of this call."""
        return self._taken.get(name)


def wav(pcm: bytes) -> bytes:
    """A mono WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()
