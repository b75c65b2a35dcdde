"""Trains Rasa's model from all flows' examples, only when they changed, at low priority, in Rasa's own environment."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.nlu.rasa_project import project_hash, write
from ivr.nlu.training import TrainingSet, digest

KEPT = 2
"""Models that are kept: the one in use and the one before it."""
PR_SET_PDEATHSIG = 1
EPOCHS = re.compile(r"Epochs:\s+(\d+)%")
COMPONENT = re.compile(r"(?:Starting|Finished) (?:to train|training) component '(\w+)'")

Progress = Callable[[str], None]


class TrainingFailed(Exception):
    """Rasa did not make a model; the message ends with its last words."""


@dataclass(frozen=True)
class RasaModel:
    """A trained model on disk and what it serves."""

    path: Path
    language: str
    hash: str
    flows: dict[str, str]
    """Flow -> digest of its examples (training.digest), by which a call's version is known to be served."""


def environment() -> dict[str, str]:
    """For every Rasa process: no telemetry, one thread, quiet."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("IVR_", "PYTHON"))},
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "OMP_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def dies_with_parent() -> None:
    """Runs in a child before its program: it is killed when its parent goes, even by kill -9 (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def dies_with_parent_and_yields() -> None:
    dies_with_parent()
    os.nice(15)


def find(folder: Path, sets: Sequence[TrainingSet], language: str) -> RasaModel | None:
    """The model trained on exactly these examples, when it is there."""
    wanted = project_hash([s for s in sets if s.language == language])
    return next((m for m in kept(folder, language) if m.hash == wanted), None)


def kept(folder: Path, language: str) -> list[RasaModel]:
    """Models on disk, newest first."""
    found: list[tuple[float, RasaModel]] = []
    for note in folder.glob(f"{language}-*.json"):
        path = note.with_name(f"{note.stem}.tar.gz")
        try:
            said = json.loads(note.read_text(encoding="utf-8"))
            model = RasaModel(path, str(said["language"]), str(said["hash"]), dict(said["flows"]))
            found.append((path.stat().st_mtime, model))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [model for _, model in sorted(found, key=lambda pair: -pair[0])]


def train(
    python: Path,
    folder: Path,
    sets: Sequence[TrainingSet],
    language: str,
    progress: Progress,
    stop: threading.Event | None = None,
) -> RasaModel:
    """About a minute for a small line. Raises TrainingFailed; a model that was there stays."""
    mine = [s for s in sets if s.language == language]
    if (there := find(folder, mine, language)) is not None:
        return there
    wanted = project_hash(mine)
    work = folder / f"training-{wanted}"
    shutil.rmtree(work, ignore_errors=True)
    write(work, mine, language)
    command = [str(python), "-m", "rasa", "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml"]
    command += ["--out", "models", "--fixed-model-name", "model"]
    _run(command, work, progress, stop)
    made = work / "models" / "model.tar.gz"
    if not made.is_file():
        raise TrainingFailed("Rasa ended without a model")
    flows = {s.flow: digest([s]) for s in mine}
    model = RasaModel(folder / f"{language}-{wanted}.tar.gz", language, wanted, flows)
    made.replace(model.path)
    note = {"language": language, "hash": wanted, "flows": flows}
    model.path.with_name(f"{language}-{wanted}.json").write_text(json.dumps(note, indent=1), encoding="utf-8")
    shutil.rmtree(work, ignore_errors=True)
    for old in kept(folder, language)[KEPT:]:
        old.path.unlink(missing_ok=True)
        old.path.with_name(old.path.name.replace(".tar.gz", ".json")).unlink(missing_ok=True)
    return model


def _run(command: list[str], work: Path, progress: Progress, stop: threading.Event | None) -> None:
    log = work / "training.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            command,
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment(),
            preexec_fn=dies_with_parent_and_yields,  # noqa: PLW1509  one thread forks here
        )
        told = ""
        try:
            while child.poll() is None:
                if (stop or threading.Event()).wait(1.0):
                    raise TrainingFailed("stopped")
                if (now := _stage(log)) != told:
                    told = now
                    progress(now)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
    if child.returncode != 0:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-3:]
        raise TrainingFailed(f"rasa train ended with {child.returncode}: {' | '.join(last)}")


def _stage(log: Path) -> str:
    text = log.read_text(errors="replace")[-4000:]
    percent = EPOCHS.findall(text)
    if percent:
        return f"learning, {int(percent[-1]) // 10 * 10} %"
    components = COMPONENT.findall(text)
    return components[-1] if components else "starting"
