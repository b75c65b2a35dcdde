"""What one call hears, frame by frame: voice that starts and stops, and key tones in the sound.

The detector is only asked when a frame is loud enough to matter, and about what is left of it once the line's own echo
is taken out. Key tones that leak beside RFC 4733 events are no voice.
"""

from ivr.audio.echo import EXPLAINED, EchoGuard
from ivr.audio.endpointing import Endpointer, Started, Stopped
from ivr.audio.frames import SILENCE, level_db, power
from ivr.audio.inband_keys import KeyTones
from ivr.call.config import HearingConfig
from ivr.events import Event, KeyPressed, VoiceStarted, VoiceStopped

REPEAT = 15
"""The same key by another way within so many frames is the same press."""
GATE_DB = -55.0
"""Quieter frames are no voice whatever the detector would say."""


class Listening:
    """One a call; `frame` once for each frame of the caller."""

    def __init__(self, config: HearingConfig) -> None:
        self._config = config
        self._detector = config.detector()
        self._clean = config.detector()
        """Hears what is left when echo is taken out."""
        self._endpointer = Endpointer(config.endpoint)
        self._guard = EchoGuard() if config.echo_guard else None
        self._tones = KeyTones()
        self._pressed: tuple[str, str, int] = ("", "", -1000)
        """Last key, how it came, and when."""
        self.deaf = False
        """On hold: nothing starts."""

    def frame(self, t: int, near: bytes, far: bytes) -> list[Event]:
        """Frame t of the caller beside what was sent as frame t."""
        if self._guard is not None:
            self._guard.heard(near, far)
        loud = power(near)
        if self.deaf:
            return []
        if level_db(loud) < GATE_DB and not self._endpointer.speaking:
            self._tones.frame(SILENCE)
            found = self._endpointer.frame(t, 0.0, loud)
            return [] if found is None else [_event(found)]
        key = self._tones.frame(near)
        events: list[Event] = []
        if key and self._config.inband_keys and self.is_new_key(t, key, "inband"):
            events.append(KeyPressed(key=key, via="inband"))
        probability = 0.0 if self._tones.tone else self._detector.voiced(near, far)
        if probability >= self._config.endpoint.going_on and self._guard is not None and self._guard.possible:
            found_echo = self._guard.residual()
            if found_echo is not None:
                rest, share = found_echo
                loud = power(rest)
                voiced = 0.0 if share < EXPLAINED else self._clean.voiced(rest, far)
                probability = min(probability, voiced)
        if (found := self._endpointer.frame(t, probability, loud)) is not None:
            events.append(_event(found))
        return events

    def is_new_key(self, t: int, key: str, via: str) -> bool:
        """False for a press that was told already by another way (tones leak beside RFC 4733 events)."""
        last, last_via, last_t = self._pressed
        if key == last and via != last_via and t - last_t < REPEAT:
            return False
        self._pressed = (key, via, t)
        return True

    def freeze(self, frozen: bool) -> None:
        """Hold and its end: music of a foreign queue is not the caller."""
        self.deaf = frozen
        self._endpointer.reset()


def _event(found: Started | Stopped) -> Event:
    if isinstance(found, Started):
        return VoiceStarted(voice_t=found.voice_t, level_db=round(found.level_db, 1))
    return VoiceStopped(voice_t=found.voice_t)
