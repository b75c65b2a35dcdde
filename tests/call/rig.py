"""The processes of a call, really running: media, services and two recognizers over a small flow of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ivr import journal
from ivr.audio.frames import FRAME_BYTES
from ivr.audio.prompt_key import prompt_key
from ivr.sip.caller import PhoneCall
from tests.instance import free_port, wait_for

E = TypeVar("E", bound=journal.Entry)
Frames = npt.NDArray[np.int16]

CONSENT = "This call may be recorded."
WELCOME = (
    "Welcome to the test line. You can ask for our opening hours, or say goodbye, and this sentence goes on for a"
    " while, so that there is time to interrupt it. Please tell me what you want, whenever you like."
)
HOURS = "We are open from nine to five."
BYE = "Goodbye."
FLOW = f"""
flow: rig
languages: [en]
start: welcome
recording: {{consent: announce, say: "{CONSENT}"}}
defaults: {{no_input_timeout: 20s}}
nodes:
  welcome:
    type: menu
    say: "{WELCOME}"
    options:
      - {{phrases: [opening hours, what are your opening hours], key: "1", label: our opening hours, next: hours}}
      - {{phrases: [goodbye], key: "2", label: goodbye, next: bye}}
  hours: {{type: say, say: "{HOURS}", next: bye}}
  bye: {{type: hangup, say: {BYE}}}
"""
SOUND = 200
"""A sample louder than this is sound; the line's own silence stays below."""


class Rig:
    """Start it, call `sip:x@127.0.0.1:port`, kill what you like."""

    def __init__(self, speak: Callable[[str], bytes]) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="ivr-rig-"))
        self.port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        flows = self.state / "source" / "rig"
        flows.mkdir(parents=True)
        (flows / "flow.yaml").write_text(FLOW)
        prompts = self.state / "prompts"
        prompts.mkdir()
        self.prompts = {text: speak(text) for text in (CONSENT, WELCOME, HOURS, BYE)}
        for text, pcm in self.prompts.items():
            (prompts / f"{prompt_key(text, 'en')}.json").write_text('{"sources": ["recorded"]}')
            (prompts / f"{prompt_key(text, 'en')}.raw").write_bytes(pcm)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IVR_") or name == "IVR_CACHE"},
            "IVR_STATE": str(self.state),
            "IVR_FLOWS": str(flows.parent),
            "IVR_SIP_PORT": str(self.port),
            "IVR_SIP_ADDRESSES": '["127.0.0.1"]',
            "IVR_SIP_MEDIA_TIMEOUT_S": "2",
            "IVR_NLU_RASA": "off",
            "IVR_OVERLOAD_HIGHEST_STEP": "0",
            "IVR_ASR_RECOGNIZERS": "2",
            "IVR_ASR_ENGINES": '{"en": ["moonshine"]}',
            "IVR_TTS_ENGINES": '{"en": ["espeak"]}',
            "IVR_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        }

    def start(self, name: str) -> None:
        """`media`, `services`, `recognizer-0`, `recognizer-1`."""
        words = {"media": ["serve"]}.get(name, name.split("-"))
        command = [sys.executable, "-m", "ivr", words[0], *(["--index", words[1]] if len(words) > 1 else [])]
        if shutil.which("setpriv"):  # they end with this process, even when it is killed
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with (self.state / f"{name}.log").open("ab") as out:
            self._processes[name] = subprocess.Popen(command, env=self._environment, stdout=out, stderr=out)

    def start_all(self) -> "Rig":
        for name in ("services", "recognizer-0", "recognizer-1"):
            self.start(name)
        self._wait((self.state / "flows" / "current.json").exists, "flows are published")
        for name in ("recognizer-0", "recognizer-1"):
            self._wait((self.state / "run" / f"{name}.sock").exists, name)
        self.start_media()
        return self

    def start_media(self) -> None:
        """Returns when calls are answered, with both recognizers connected."""
        self.start("media")
        self._wait((self.state / "run" / "media.json").exists, "media answers calls")
        time.sleep(0.3)

    def kill(self, name: str) -> None:
        """kill -9."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait(5)
        if name == "media":
            (self.state / "run" / "media.json").unlink()

    def freeze(self, name: str, on: bool = True) -> None:
        """It hangs (SIGSTOP), or goes on."""
        self._processes[name].send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.state, ignore_errors=True)

    def _wait(self, what: Callable[[], object], name: str) -> None:
        try:
            wait_for(what, 60.0, name)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2500:]}" for log in sorted(self.state.glob("*.log")))

    # --- what happened ------------------------------------------------------------------------------------------

    @property
    def uri(self) -> str:
        return f"sip:rig@127.0.0.1:{self.port}"

    def entries(self, call: PhoneCall) -> list[journal.Entry]:
        """The journal of a call so far."""
        for path in sorted(self.state.glob("journals/*/*.jsonl"), reverse=True):
            entries = journal.read(path.read_bytes())
            if entries and isinstance(entries[0], journal.Opened) and entries[0].sip_call_id == call.leg.sip_call_id:
                return entries
        return []

    def wait_entry(self, call: PhoneCall, kind: type[E], seconds: float = 10.0, number: int = 1) -> E:
        """The `number`th entry of a type; fails with the journal."""
        try:
            wait_for(lambda: len(of(self.entries(call), kind)) >= number, seconds, kind.__name__)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.shown(call)}\n{self.logs()}") from None
        return of(self.entries(call), kind)[number - 1]

    def closed(self, call: PhoneCall) -> list[journal.Entry]:
        """The whole journal once the call is over."""
        self.wait_entry(call, journal.Closed)
        return self.entries(call)

    def shown(self, call: PhoneCall) -> str:
        lines = [entry for entry in self.entries(call) if not isinstance(entry, journal.SipMessage)]
        return "\n".join(json.dumps(json.loads(journal.encode(entry)))[:200] for entry in lines)


def of(entries: list[journal.Entry], kind: type[E]) -> list[E]:
    return [entry for entry in entries if isinstance(entry, kind)]


def sounding(pcm: bytes | bytearray, from_frame: int = 0) -> list[bool]:
    """For each frame from one on: does it hold sound?"""
    whole = bytes(pcm[from_frame * FRAME_BYTES :])
    samples = np.frombuffer(whole[: len(whole) // FRAME_BYTES * FRAME_BYTES], dtype=np.int16).astype(np.int32)
    return [bool(loud) for loud in np.abs(samples.reshape(-1, 160)).max(axis=1) > SOUND] if len(samples) else []
