"""Where an utterance begins and pauses, from one speech probability and one level a frame.

A frame counts as voiced when the detector says so and it is louder than the floor. Voice starts when enough of the
last frames are voiced, so that a click (one or two frames) or a ragged noise does not start it and a short "yes" does;
it stops after a run of unvoiced frames. All lengths are in frames; see events.VoiceStarted and VoiceStopped.
"""

from collections import deque
from dataclasses import dataclass

from ivr.audio.frames import level_db

SINKS_DB = 0.06
"""A frame: 3 dB a second."""


@dataclass(frozen=True)
class EndpointParameters:
    """What counts as voice; lengths in frames of 20 ms."""

    start: int = 5
    """Voiced frames needed to start..."""
    window: int = 7
    """...among so many last frames."""
    stop: int = 10
    """Unvoiced frames in a row that are a pause."""
    threshold: float = 0.5
    """Probability from which a frame is voiced."""
    going_on: float = 0.35
    """The same while the caller speaks: weak endings of words belong to them."""
    floor_db: float = -45.0
    """Quieter frames are never voiced at the start of an utterance."""
    above_noise_db: float = 6.0
    """A start must stand out of the background's level by this."""
    drop_db: float = 32.0
    """A frame this far below the loudest one of the utterance is not voiced, whatever the detector says: detectors
    let go about 100 ms late."""
    lead: int = 3
    """Frames by which the first voiced frame is put earlier: detectors wake late, first consonants are weak."""


@dataclass(frozen=True)
class Started:
    """Voice began: first voiced frame, and the voiced frames' mean level in dBFS."""

    voice_t: int
    level_db: float


@dataclass(frozen=True)
class Stopped:
    """A pause: `voice_t` is the frame after the last voiced one."""

    voice_t: int


class Endpointer:
    """One a call. `frame` is called once for each frame, in order."""

    def __init__(self, parameters: EndpointParameters | None = None) -> None:
        self.parameters = parameters or EndpointParameters()
        self.speaking = False
        self.noise_db = -70.0
        """Slowly followed level of the background."""
        self._recent: deque[tuple[int, bool, float]] = deque(maxlen=self.parameters.window)
        self._last_voiced = 0
        self._loudest_db = -100.0
        """Of the utterance; it sinks slowly, as voices do."""
        self._quietest: deque[float] = deque(maxlen=75)

    def frame(self, t: int, probability: float, power: float) -> Started | Stopped | None:
        """`power` is the frame's mean square (frames.power)."""
        p = self.parameters
        level = level_db(power)
        if self.speaking:
            self._loudest_db = max(self._loudest_db - SINKS_DB, level)
            if probability >= p.going_on and level > self._loudest_db - p.drop_db:
                self._last_voiced = t
            elif t - self._last_voiced >= p.stop:
                self.speaking = False
                self._recent.clear()
                return Stopped(self._last_voiced + 1)
            return None
        self._follow_noise(level)
        voiced = probability >= p.threshold and level >= max(p.floor_db, self.noise_db + p.above_noise_db)
        self._recent.append((t, voiced, power))
        if not voiced:
            return None
        spoken = [(at, power) for at, is_voice, power in self._recent if is_voice]
        if len(spoken) < p.start:
            return None
        self.speaking = True
        self._last_voiced = t
        self._loudest_db = level_db(max(power for _, power in spoken))
        mean = sum(power for _, power in spoken) / len(spoken)
        return Started(max(0, spoken[0][0] - p.lead), level_db(mean))

    def _follow_noise(self, level: float) -> None:
        """The background is what the quietest of the last 1.5 s sounds like; never more than -30 dBFS."""
        self._quietest.append(level)
        if len(self._quietest) == self._quietest.maxlen:
            self.noise_db = min(-30.0, *self._quietest)

    def reset(self) -> None:
        """Forget what was heard so far (after hold); no event is said for it."""
        self.speaking = False
        self._recent.clear()
