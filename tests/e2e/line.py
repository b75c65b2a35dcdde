"""The server that the tests of this folder call, its callers, and conversations that are held at the same time."""

import contextlib
import shutil
import threading
import wave
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from ivr.audio.frames import FRAME_BYTES
from ivr.cache import cache_folder
from ivr.commands import test_sip as voices
from ivr.insight.ear import Recognized
from ivr.insight.journal_tail import JournalTail
from ivr.insight.journal_text import lines
from ivr.insight.private_line import keep
from ivr.insight.sip_caller import Caller, Mouth
from ivr.sip.caller import Phone, PhoneError
from tests.instance import ROOT, Instance

from .agent import Agent
from .office import Office

AT_ONCE = 5
"""Calls at the same time: most of each is waiting for prompts to end."""


class Line(Instance):
    """A server with the demo line, the flow `probe`, and destinations of this machine."""

    def __init__(
        self,
        state: Path,
        agent: str = "127.0.0.1:9",
        settings: dict[str, str] | None = None,
        namespace: str = "",
        office: str = "127.0.0.1:9",
    ) -> None:
        flows = state.parent / f"{state.name}-flows"
        shutil.copytree(ROOT / "flows" / "orders", flows / "orders")
        for name in ("probe", "desk"):
            shutil.copytree(ROOT / "tests/e2e/flows" / name, flows / name)
        super().__init__(state, flows, settings, namespace)
        told = (ROOT / "tests/e2e/flows/lines.yaml").read_text()
        for place, address in (("{agent}", agent), ("{line}", f"127.0.0.1:{self.port}"), ("{office}", office)):
            told = told.replace(place, address)
        (flows / "lines.yaml").write_text(told)
        self.flows = flows
        self.agent: Agent | None = None
        """Who answers at `agent`, and what answers at `office`."""
        self.office: Office | None = None

    def start(self, timeout_s: float = 40.0) -> "Line":
        """What takes a minute to make and is the same each time is kept between runs: prompts, trained models."""
        self.state.mkdir(parents=True, exist_ok=True)
        keep(cache_folder() / "test-line", self.state)
        super().start(timeout_s)
        return self

    def ready(self) -> "Line":
        """Everything works: recognizers, prompts, the database with the demo's orders."""
        self.hears()
        self.wait(lambda: self.says("services", "flows are ready"), 120, "prompts are rendered")
        self.wait(lambda: self.says("demo", "orders"), 90, "the demo's tables are filled")
        return self

    def says(self, program: str, text: str) -> bool:
        """A program's log holds it."""
        path = self.state / "logs" / f"{program}.log"
        return path.is_file() and text in path.read_text(errors="replace")

    def kill(self, program: str) -> int:
        """And wait until it is gone."""
        process = psutil.Process(int(self.wait(lambda: self.pid(program), 20, f"{program} runs")))
        process.kill()
        with contextlib.suppress(psutil.NoSuchProcess):
            process.wait(10)
        return int(process.pid)

    def hears(self) -> None:
        """Both recognizers are loaded (again)."""

        def loaded() -> bool:
            logs = [self.state / "logs" / f"recognizer-{n}.log" for n in range(2)]
            return all(self.pid(log.stem) and _is_loaded(log) for log in logs)

        self.wait(loaded, 60, "recognizers are loaded")

    def prompt(self, text: str, language: str = "en") -> NDArray[np.int16]:
        """The rendered sound of a fixed text."""
        from ivr.audio.prompt_key import prompt_key

        return np.frombuffer((self.state / "prompts" / f"{prompt_key(text, language)}.raw").read_bytes(), np.int16)


def _is_loaded(log: Path) -> bool:
    """It has said so since it was started last."""
    text = log.read_text(errors="replace") if log.is_file() else ""
    return text.rfind("recognizer_ready") > text.rfind("engine_left_out")


class Callers:
    """Makes callers of one line; those of one test, so that its failure can show their journals."""

    def __init__(self, line: Line, phone: Phone, mouth: Mouth, recognize: Recognized) -> None:
        self.line = line
        self.phone = phone
        self.mouth = mouth
        self._recognize = recognize
        self.made: list[Caller] = []

    def again(self) -> "Callers":
        """For another test."""
        return Callers(self.line, self.phone, self.mouth, self._recognize)

    def dial(self, user: str = "orders", *, answered: bool = True, headers: dict[str, str] | None = None) -> Caller:
        """Call the line; by default wait until it has answered."""
        call = self.phone.dial(self.line.uri(user), headers, user="+14155550123")
        caller = Caller(
            call, self.mouth, self._recognize, "en", lambda id: JournalTail(self.line.state / "journals", id)
        )
        self.made.append(caller)
        return caller.answered() if answered else caller

    def end(self) -> None:
        """Nobody stays in a call."""
        for caller in self.made:
            with contextlib.suppress(PhoneError):
                if not caller.call.over:
                    caller.hangs_up()
                    caller.call.wait_over(5)

    def told(self) -> str:
        """What happened, for a failure's message."""
        shown = []
        for n, caller in enumerate(self.made, 1):
            shown.append(f"--- caller {n} heard: {' | '.join(caller.texts)}")
            shown += [line for line in lines(caller.journal) if "SipMessage" not in line]
        return "\n".join(shown)


Talk = Callable[[Callers], None]
_talks: dict[str, Talk] = {}


def on_a_real_call(talk: Talk) -> Callable[..., None]:
    """A test that is held together with others; `talk` gets callers of its own."""
    _talks[talk.__name__] = talk

    def test(held: "Held") -> None:
        held.result(talk.__name__)

    test.__name__, test.__doc__, test.__module__ = talk.__name__, talk.__doc__, talk.__module__
    return test


class Held:
    """All wanted conversations, begun at once, AT_ONCE at a time."""

    def __init__(self, callers: Callers, wanted: list[str]) -> None:
        self._callers = callers
        self._pool = ThreadPoolExecutor(AT_ONCE, "call")
        self._running: dict[str, Future[None]] = {
            name: self._pool.submit(self._hold, _talks[name]) for name in dict.fromkeys(wanted) if name in _talks
        }

    def _hold(self, talk: Talk) -> None:
        with_journals(self._callers.again(), talk)

    def result(self, name: str) -> None:
        """Raises what the test raised, with the journals of its calls."""
        self._running[name].result(180)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def with_journals(callers: Callers, talk: Talk) -> None:
    """Hold a talk; a failure carries the journals of its calls."""
    try:
        talk(callers)
    except BaseException as error:
        error.add_note(callers.told())
        raise
    finally:
        callers.end()


# --- sound -----------------------------------------------------------------------------------------------------------


def levels(pcm: bytes | bytearray) -> NDArray[np.float32]:
    """Root mean square of each frame."""
    whole = len(pcm) // FRAME_BYTES * FRAME_BYTES
    frames = np.frombuffer(bytes(pcm[:whole]), np.int16).reshape(-1, FRAME_BYTES // 2)
    found: NDArray[np.float32] = np.sqrt((frames.astype(np.float32) ** 2).mean(axis=1))
    return found


def likeness(one: NDArray[np.int16], other: NDArray[np.int16]) -> tuple[float, int]:
    """Largest normalized correlation of `one` within `other`, and the sample where it begins."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    size = 1 << (len(a) + len(b)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)[: max(1, len(b) - len(a) + 1)]
    energy = np.concatenate([[0.0], np.cumsum(b**2)])
    window = energy[len(a) : len(a) + len(cross)] - energy[: len(cross)]
    score = cross / np.sqrt(np.maximum(window, 1.0) * max(float((a**2).sum()), 1.0))
    at = int(score.argmax())
    return float(score[at]), at


def sounds_in(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    """How well `one` is found in `other`, piece by piece: a frame that came late on a busy machine moves what follows
    it, and is no matter here. Median of the likeness of its pieces of 0.4 s, those that are not quiet."""
    pieces = [one[n : n + 3200] for n in range(0, len(one) - 1600, 3200)]
    loud = [piece for piece in pieces if np.abs(piece.astype(np.int32)).mean() > 300]
    return float(np.median([likeness(piece, other)[0] for piece in loud]))


def read_stereo(path: Path) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Left and right of a recording, by its header."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def noise(seconds: float, level: float, seed: int = 1) -> NDArray[np.int16]:
    """Pink-ish noise (each octave equally strong), root mean square `level`."""
    count = int(seconds * 8000)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    made = np.fft.irfft(spectrum, count)
    found: NDArray[np.int16] = np.clip(made / np.sqrt((made**2).mean()) * level, -32000, 32000).astype(np.int16)
    return found


def mouth() -> Mouth:
    """The caller's voices, made once."""
    speak, lock = voices.mouth(cache_folder()), threading.Lock()

    def locked(text: str, language: str) -> bytes:
        with lock:
            return speak(text, language)

    return locked


def wanted_tests(request: pytest.FixtureRequest) -> list[str]:
    """Names of the collected tests of this module."""
    return [item.name for item in request.session.items if item.path == request.path]
