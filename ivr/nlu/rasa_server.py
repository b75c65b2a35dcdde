"""Rasa served on this machine: a model is trained when examples changed, and the old one answers meanwhile.

`run` is the process `ivr rasa`. The server listens on 127.0.0.1 behind a token; `run/rasa.json` says where it is and
which examples its model knows, and is there only while it answers.
"""

import json
import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from ivr.nlu.rasa_train import RasaModel, TrainingFailed, dies_with_parent, environment, find, kept, train
from ivr.nlu.training import TrainingSet

LOOK_S = 2.0
"""How often flows are looked at for new examples."""
READY_S = 180.0
"""A server that is not ready by then is started again."""
AGAIN_S = (2.0, 5.0, 15.0, 60.0)
"""Waits before a server that ended, or a training that failed, is tried again."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RasaConfig:
    """What `run` needs."""

    python: Path
    """Of Rasa's environment (rasa_env.find_rasa)."""
    folder: Path
    """Models and logs: `<state>/nlu/rasa`."""
    told: Path
    """`<state>/run/rasa.json`."""
    load: Callable[[], Sequence[TrainingSet] | None]
    """All flows' examples now; None while they cannot be read (the last ones go on)."""
    changed: Callable[[], object]
    """Something that differs when `load` should be called again; cheap."""
    language: str = "en"
    port: int = 0


class Server:
    """One `rasa run`."""

    def __init__(self, config: RasaConfig) -> None:
        self.config = config
        self.token = secrets.token_urlsafe(24)
        self.port = 0
        self.model: RasaModel | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, model: RasaModel, stop: threading.Event, ready_s: float = READY_S) -> bool:
        """Returns when it answers (20 to 45 s), or False when it does not."""
        self.port = self.config.port or _free_port()
        command = [str(self.config.python), "-m", "rasa", "run", "--enable-api", "--model", str(model.path.resolve())]
        command += ["--interface", "127.0.0.1", "--port", str(self.port), "--auth-token", self.token]
        with (self.config.folder / "server.log").open("wb") as log:
            self._child = subprocess.Popen(
                command,
                cwd=self.config.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
                preexec_fn=dies_with_parent,  # noqa: PLW1509  one thread forks here
            )
        until = time.monotonic() + ready_s
        while self.alive and time.monotonic() < until and not stop.wait(0.3):
            if self._answers():
                self.model = model
                return True
        self.end()
        return False

    def take(self, model: RasaModel) -> bool:
        """Replace the model in the running server; it answers with the old one until then."""
        try:
            answer = httpx.put(
                f"{self.url}/model",
                params={"token": self.token},
                json={"model_file": str(model.path.resolve())},
                timeout=READY_S,
                trust_env=False,
            )
        except httpx.HTTPError:
            return False
        if answer.status_code != httpx.codes.NO_CONTENT:
            return False
        self.model = model
        return self._answers()

    def tell(self) -> None:
        """Write `run/rasa.json`, readable by this user only."""
        assert self.model is not None
        content = {
            "url": self.url,
            "token": self.token,
            "pid": self._child.pid if self._child else 0,
            "language": self.model.language,
            "model": self.model.hash,
            "flows": self.model.flows,
        }
        self.config.told.parent.mkdir(parents=True, exist_ok=True)
        new = self.config.told.with_name(f".{self.config.told.name}.tmp")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        new.replace(self.config.told)

    def end(self) -> None:
        self.config.told.unlink(missing_ok=True)
        if self._child is not None:
            if self._child.poll() is None:
                self._child.terminate()
                try:
                    self._child.wait(5)
                except subprocess.TimeoutExpired:
                    self._child.kill()
            self._child.wait()
        self._child, self.model = None, None

    def _answers(self) -> bool:
        """A real question: the first one after a start or a new model is slow, so callers do not get it."""
        try:
            answer = httpx.post(
                f"{self.url}/model/parse",
                params={"token": self.token},
                json={"text": "hello"},
                timeout=30,
                trust_env=False,
            )
            return answer.status_code == httpx.codes.OK and "intent_ranking" in answer.json()
        except (httpx.HTTPError, ValueError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(config: RasaConfig, progress: Progress, stop: threading.Event) -> None:
    """Trains and serves until `stop`."""
    config.folder.mkdir(parents=True, exist_ok=True)
    config.told.unlink(missing_ok=True)
    server = Server(config)
    seen: object = object()
    sets: Sequence[TrainingSet] = ()
    troubles, not_before = 0, 0.0
    try:
        while not stop.is_set():
            if (now := config.changed()) != seen:
                seen = now
                loaded = config.load()
                sets = sets if loaded is None else loaded
            if time.monotonic() >= not_before:
                fine = _step(config, server, sets, progress, stop)
                troubles = 0 if fine else troubles + 1
                not_before = 0.0 if fine else time.monotonic() + AGAIN_S[min(troubles, len(AGAIN_S)) - 1]
            stop.wait(LOOK_S)
    finally:
        server.end()


def _step(
    config: RasaConfig, server: Server, sets: Sequence[TrainingSet], progress: Progress, stop: threading.Event
) -> bool:
    """Bring the server to the newest examples; False when something failed and is to be tried again later."""
    mine = [s for s in sets if s.language == config.language and s.intents]
    if not mine:
        return True
    wanted = find(config.folder, mine, config.language)
    model = wanted or next(iter(kept(config.folder, config.language)), None)
    if not server.alive:
        server.end()
        if model is not None and not _started(server, model, progress, stop):
            return stop.is_set()
    if wanted is None:
        started = time.monotonic()
        progress(f"training on {sum(len(e) for s in mine for e in s.intents.values())} examples")
        try:
            wanted = train(config.python, config.folder, mine, config.language, progress, stop)
        except (TrainingFailed, OSError) as error:
            if not stop.is_set():
                progress(f"training failed: {error}")
            return False
        progress(f"trained in {time.monotonic() - started:.0f} s")
    if not server.alive:
        return _started(server, wanted, progress, stop)
    if server.model is None or server.model.hash != wanted.hash:
        if not server.take(wanted):
            server.end()
            return _started(server, wanted, progress, stop)
        server.tell()
        progress(f"serves model {wanted.hash}")
    return True


def _started(server: Server, model: RasaModel, progress: Progress, stop: threading.Event) -> bool:
    started = time.monotonic()
    progress("starting the server")
    if not server.start(model, stop):
        if not stop.is_set():
            progress(f"the server does not answer; its words are in {server.config.folder / 'server.log'}")
        return False
    server.tell()
    progress(f"serves model {model.hash} on port {server.port} after {time.monotonic() - started:.0f} s")
    return True
