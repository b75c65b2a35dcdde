"""When a turn ends: how long after the caller's last sound, and how often before it.

Each utterance is heard once, as in a call: detector, endpointing, and at every pause a speculative decoding of what is
there. Then any pair of timeouts can be judged without hearing it again, by the rule of the dialogue: a pause ends the
turn when it has lasted `complete` and the text can stand, or `incomplete` when it cannot, and the result is there;
`closed` where the result is sure and the grammar allows nothing after it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ivr.asr.passes import SURE, judged
from ivr.audio.frames import FRAME_BYTES, SILENCE, split
from ivr.call.config import HearingConfig
from ivr.call.listening import Listening
from ivr.events import VoiceStarted, VoiceStopped
from ivr.flow.grammar import Grammar
from ivr.insight.channel import Codec, Samples, g711, pcm16, with_noise
from ivr.insight.scoring import Share
from ivr.insight.speech_eval import Utterance
from ivr.ports import Recognizer

FRAME = 160
FRAME_S = 0.02
AFTER_S = 2.5
"""Quiet after each utterance, so that every turn can end."""
LOUD_DB = 35.0
"""A frame of the clean source this close to its loudest one is voice."""
MISSED = 3
"""Voiced frames that a turn may lose and still be no cut-off: the end of an "s"."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause and what was heard up to it. Frames of the utterance."""

    voice_t: int
    """After the last voiced frame."""
    found_t: int
    resumed_t: int | None
    """When the voice was noticed again; None: never."""
    complete: bool
    decode_s: float
    closed: bool = False
    """It is sure, and the grammar allows nothing more."""
    empty: bool = False
    """Nothing was heard, a click or a breath: the call goes on listening."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance as it was heard."""

    name: str
    speaker: str
    voiced: tuple[int, ...]
    """Voiced frames of the clean source."""
    pauses: tuple[Pause, ...]

    def ends(self, complete_s: float, incomplete_s: float, closed_s: float) -> int | None:
        """Frame of the turn's end; None when nothing was heard."""
        for pause in self.pauses:
            if pause.empty:
                continue
            wait = closed_s if pause.closed else complete_s if pause.complete else incomplete_s
            end = max(pause.voice_t + round(wait / FRAME_S), pause.found_t + int(np.ceil(pause.decode_s / FRAME_S)))
            if pause.resumed_t is None or end < pause.resumed_t:
                return end
        return None


@dataclass(frozen=True, slots=True)
class Point:
    """What one pair of timeouts comes to."""

    complete_s: float
    incomplete_s: float
    cut_off: Share
    names: tuple[str, ...]
    """Of those cut off."""
    unheard: int
    delay_s: tuple[float, float, float]
    """p50, p95, mean from the last voiced frame to the turn's end, of turns that were not cut off."""


def hear(
    utterances: Sequence[Utterance],
    recognizer: Recognizer,
    language: str,
    grammar: Grammar | None,
    config: HearingConfig,
    codec: Codec,
    noise: Samples | None,
    snr_db: float,
    seed: int,
) -> Iterator[Turn]:
    """Each utterance once."""
    for number, utterance in enumerate(utterances):
        clean = np.concatenate([utterance.sound(), np.zeros(int(AFTER_S * 8000), np.float32)])
        clean = clean[: len(clean) // FRAME * FRAME]
        sound = clean
        if noise is not None:
            sound = with_noise(clean, noise, snr_db, np.random.default_rng([seed, number]))
        pcm = pcm16(g711(sound, codec))
        pauses = _pauses(pcm, recognizer, language, grammar, config)
        yield Turn(utterance.recording.name, utterance.recording.speaker, _voiced(clean), tuple(pauses))


def _voiced(clean: Samples) -> tuple[int, ...]:
    levels = 10 * np.log10((clean.reshape(-1, FRAME).astype(np.float64) ** 2).mean(axis=1) + 1e-12)
    return tuple(int(n) for n in np.flatnonzero(levels > levels.max() - LOUD_DB))


def _pauses(
    pcm: bytes, recognizer: Recognizer, language: str, grammar: Grammar | None, config: HearingConfig
) -> list[Pause]:
    listening = Listening(config)
    found: list[Pause] = []
    resumed: list[int] = []
    stream, fed = None, 0
    for t, frame in enumerate(split(pcm)):
        for event in listening.frame(t, frame, SILENCE):
            if isinstance(event, VoiceStarted):
                if stream is None:
                    stream = recognizer.start(language, grammar)
                    fed = max(0, event.voice_t - config.pre_roll) * FRAME_BYTES
                else:
                    resumed.append(t)
            elif isinstance(event, VoiceStopped) and stream is not None:
                stream.audio(pcm[fed : (t + 1) * FRAME_BYTES])
                fed = (t + 1) * FRAME_BYTES
                began = time.perf_counter()
                result = judged(stream.decode_now(), grammar)
                took = time.perf_counter() - began
                sure = result.closed and result.hypotheses[0].confidence >= SURE
                found.append(Pause(event.voice_t, t, None, result.complete, took, sure, not result.hypotheses))
    nexts: list[int | None] = [*resumed, None]
    return [replace(pause, resumed_t=nexts[n] if n < len(nexts) else None) for n, pause in enumerate(found)]


def curve(
    turns: Sequence[Turn], complete_s: Sequence[float], incomplete_s: Sequence[float], closed_s: float = 0.1
) -> list[Point]:
    """One point for each pair."""
    return [_point(turns, c, i, min(c, closed_s)) for c in complete_s for i in incomplete_s if i >= c]


def _point(turns: Sequence[Turn], complete_s: float, incomplete_s: float, closed_s: float) -> Point:
    unheard = 0
    cut: list[str] = []
    delays = []
    for turn in turns:
        end = turn.ends(complete_s, incomplete_s, closed_s)
        if end is None:
            unheard += 1
        elif sum(t >= end for t in turn.voiced) > MISSED:
            cut.append(turn.name)
        else:
            delays.append((end - turn.voiced[-1] - 1) * FRAME_S)
    heard = len(turns) - unheard
    p50, p95 = (float(np.percentile(delays, q)) for q in (50, 95)) if delays else (0.0, 0.0)
    mean = float(np.mean(delays)) if delays else 0.0
    return Point(complete_s, incomplete_s, Share(len(cut), heard), tuple(cut), unheard, (p50, p95, mean))
