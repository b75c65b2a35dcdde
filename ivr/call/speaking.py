"""What one call says: prompts from the cache or from services into the playout, and from there to the leg's slot."""

from collections.abc import Callable

from ivr.actions import Prepare, Say
from ivr.audio.frames import FRAME_BYTES
from ivr.audio.playout import Began, Ended, Failed, Playout, Prompt
from ivr.call.prompts import PromptCache, Sound
from ivr.call.slot import CallSlot
from ivr.events import Event, PromptDone, PromptFailed, PromptStarted
from ivr.wire.messages import Synthesize

LEAD = 2
"""Frames handed over before they are due."""


class Speaking:
    """One a call."""

    def __init__(
        self, slot: CallSlot, cache: PromptCache, request: Callable[[Synthesize], None], deadline_s: float
    ) -> None:
        self._slot = slot
        self._cache = cache
        self._request = request
        self._deadline_s = deadline_s
        self._playout = Playout()
        self._handed = 0
        """Frames before this one are handed over."""
        self.background: bytes | None = None
        """Played in a circle wherever nothing is said: music for who waits."""
        self._background_at = 0
        self.sensitive: list[int] = []
        """Frames in which something sensitive was said; the recorder takes them out."""

    @property
    def active(self) -> bool:
        """Something is being said or waits to be."""
        return self._playout.active

    def say(self, say: Say, flow: str) -> None:
        """Queue a prompt."""
        sound = self._cache.find(say, flow) if not say.sensitive else None
        if sound is not None:
            self._playout.say(Prompt(say.id, sound.pcm, sound.sources))
            return
        self._playout.say(Prompt(say.id, sensitive=say.sensitive))
        self._request(
            Synthesize(
                call=say.call,
                id=say.id,
                text=say.spoken or say.text,
                language=say.language,
                voice=say.voice,
                rate=say.rate,
                recording=say.recording,
                flow=flow,
                sensitive=say.sensitive,
                deadline_s=self._deadline_s,
            )
        )

    def prepare(self, guess: Prepare, flow: str) -> None:
        """A prompt that may be said next: what is cached is brought into memory, what is not is made."""
        say = Say(id=guess.id, text=guess.text, language=guess.language, voice=guess.voice, rate=guess.rate)
        if self._cache.find(say, flow) is None:
            self._request(
                Synthesize(
                    call=guess.call,
                    id=guess.id,
                    text=guess.text,
                    language=guess.language,
                    voice=guess.voice,
                    rate=guess.rate,
                    flow=flow,
                    deadline_s=self._deadline_s,
                    speculative=True,
                )
            )

    def play(self, id: int, pcm: bytes | None) -> None:
        """Queue a sound that is there already; None: it is not."""
        self._playout.say(Prompt(id, pcm if pcm is not None else b"", ("message",)))

    def provide(self, id: int, sound: Sound | None, reason: str) -> None:
        """The answer of services for prompt `id`; None: it could not be spoken, or its pieces came before."""
        if self._playout.end(id):
            return
        if sound is None:
            self._playout.fail(id, reason)
        else:
            self._playout.provide(id, sound.pcm, sound.sources)

    def piece(self, id: int, pcm: bytes, sources: list[str]) -> None:
        """The next piece of prompt `id`, which services still makes."""
        self._playout.add(id, pcm, tuple(sources))

    def flush(self) -> None:
        """Silence from the next frame on."""
        self._take_back(self._playout.flush(self._slot.system_frames))

    def pause(self) -> None:
        self._take_back(self._playout.pause(self._slot.system_frames))

    def resume(self) -> None:
        self._playout.resume()

    def cancel(self, id: int) -> None:
        """Take one prompt back."""
        self._take_back(self._playout.cancel(id, self._slot.system_frames))

    def news(self) -> list[Event]:
        """What went out since the last time."""
        told: list[Event] = []
        for what in self._playout.news(self._slot.system_frames):
            match what:
                case Began():
                    told.append(PromptStarted(id=what.id, sources=list(what.sources)))
                case Ended():
                    told.append(PromptDone(id=what.id, frames=what.frames))
                case Failed():
                    told.append(PromptFailed(id=what.id, reason=what.reason))
        return told

    def hand_over(self) -> None:
        """Fill the slot up to LEAD frames ahead of what was sent."""
        slot = self._slot
        sent = slot.system_frames
        for n in range(max(self._handed, sent), sent + LEAD):
            frame, sensitive = self._playout.hand_over(n)
            frame = self._music() if frame is None else frame
            if frame is None:
                break
            slot.put_system(n, frame)
            if sensitive:
                self.sensitive.append(n)
            self._handed = n + 1
        slot.expected = self._handed if self._playout.more or self.background else 0

    def _music(self) -> bytes | None:
        if not self.background:
            return None
        if self._background_at + FRAME_BYTES > len(self.background):
            self._background_at = 0
        at = self._background_at
        self._background_at += FRAME_BYTES
        return self.background[at : at + FRAME_BYTES]

    def _take_back(self, frames: list[int]) -> None:
        for n in frames:
            self._slot.put_system(n, None)
        if frames:
            self._handed = min(self._handed, *frames)
