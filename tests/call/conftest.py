"""A media process's inside without SIP: audio loop, a fake leg, a scripted session, rendered prompts."""

import math
import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr import journal
from ivr.actions import Action
from ivr.audio.prompt_key import prompt_key
from ivr.call.config import CallConfig, HearingConfig
from ivr.call.loop import AudioLoop
from ivr.events import CallStarted, Event
from ivr.flow.models import Flow, Published
from ivr.hearing import choose
from ivr.ports import Invite
from ivr.wire.rings import Segment
from tests.call.fake_leg import FakeLeg


def tone(seconds: float, hertz: float = 440.0, amplitude: int = 8000) -> bytes:
    """A prompt that can be told from silence."""
    n = int(seconds * 8000)
    return array("h", [int(amplitude * math.sin(2 * math.pi * hertz * i / 8000)) for i in range(n)]).tobytes()


@dataclass
class ScriptedSession:
    """Answers each event with what a test wrote for its type."""

    script: Callable[[Event], list[Action]]
    events: list[Event] = field(default_factory=list)
    due: int | None = None

    def handle(self, event: Event, now: int) -> list[Action]:
        self.events.append(event)
        return self.script(event)

    def deadline(self) -> int | None:
        due, self.due = self.due, None
        return due

    def masked(self, entry: journal.Entry) -> journal.Entry:
        return entry


class Media:
    """One audio loop over a temporary state folder."""

    def __init__(self, state: Path, **config: object) -> None:
        self.state = state
        (state / "run").mkdir(parents=True, exist_ok=True)
        (state / "flows").mkdir(exist_ok=True)
        (state / "prompts").mkdir(exist_ok=True)
        nodes = {"bye": {"type": "hangup", "say": "Goodbye."}}
        flow = Flow.model_validate({"flow": "test", "start": "bye", "nodes": nodes, "version": "v1"})
        (state / "flows" / "current.json").write_text(Published(version="1", flows={"test": flow}).to_json())
        self.segment = Segment.create(state / "run" / "rings", 8, folder=state / "run")
        self.sessions: list[ScriptedSession] = []
        self.script: Callable[[Event], list[Action]] = lambda event: []
        settings = CallConfig(state=state, hearing=HearingConfig(choose("webrtcvad")), instance="i1", max_calls=4)
        settings = settings.__class__(**{**settings.__dict__, **config})
        self.loop = AudioLoop(settings, self.segment, self._session)
        self.legs: list[FakeLeg] = []

    def _session(self, published: Published, started: CallStarted) -> ScriptedSession:
        self.sessions.append(session := ScriptedSession(self.script))
        return session

    def prompt(self, text: str, pcm: bytes) -> None:
        """As services would have rendered it."""
        path = self.state / "prompts" / f"{prompt_key(text, 'en')}.raw"
        path.with_suffix(".json").write_text('{"sources": ["recorded"]}')
        path.write_bytes(pcm)

    def call(self, caller: str = "+14155550123") -> FakeLeg:
        leg = FakeLeg(self.loop)
        self.legs.append(leg)
        self.loop.offered(leg, Invite(caller=caller, dialled=("+18005550100",), sip_call_id="c1", peer="127.0.0.1"))
        return leg

    def journals(self) -> list[list[journal.Entry]]:
        return [journal.read(path.read_bytes()) for path in sorted(self.state.glob("journals/*/*.jsonl"))]

    def stop(self) -> None:
        for leg in self.legs:
            leg.gone()
        self.loop.stop()
        self.segment.unlink()


@pytest.fixture
def state() -> Iterator[Path]:
    """A short path: Unix sockets live below it."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-call-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def media(state: Path) -> Iterator[Media]:
    media = Media(state)
    yield media
    media.stop()
