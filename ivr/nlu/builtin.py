"""The built-in parser: classifier and entity finder a flow, language and version, trained in seconds, kept on disk.

It needs no other process, so it answers whenever Rasa does not.
"""

import asyncio
import os
import pickle
import threading
from collections.abc import Sequence
from pathlib import Path

import sklearn
import structlog

from ivr.events import Hypothesis
from ivr.nlu import ParserUnavailable
from ivr.nlu.classifier import Classifier
from ivr.nlu.entities import EntityFinder
from ivr.nlu.kept import kept
from ivr.nlu.margins import Embed
from ivr.nlu.minilm import MiniLM
from ivr.nlu.parsed import BEST, Parsed, together
from ivr.nlu.training import TrainingSet, digest

log = structlog.get_logger()

EMBEDDED = 3
"""Hypotheses that are looked at with embeddings."""
FORMAT = "3"
"""Changes when what is kept on disk can no longer be read or is trained otherwise."""

KEPT = 12
"""Trained models kept a flow and language: calls on an earlier version last an hour at most."""

Model = tuple[Classifier | None, EntityFinder]


class Builtin:
    """ports.IntentParser. A hypothesis takes about a millisecond, with embeddings about 20."""

    name = "builtin"

    def __init__(self, folder: Path | None = None, embeddings: Path | None = None) -> None:
        """`folder`: where trained models are kept (`<state>/nlu`); None keeps them in memory only. `embeddings`: folder
        of the model minilm-en, which makes English understanding better; None: words only."""
        self.folder = folder
        self._embeddings = embeddings
        self._embedder: MiniLM | None = None
        self._lock = threading.Lock()
        self._models: dict[tuple[str, str, str], Model] = {}
        self._by_examples: dict[str, Model] = {}
        """Digest of a training set -> its model: a changed prompt is a new version, but nothing new to learn."""
        self._latest: dict[tuple[str, str], tuple[str, str, str]] = {}

    def publish(self, sets: Sequence[TrainingSet]) -> None:
        """Train (or read from disk) what these flows need; earlier versions go on serving. Slow: use a thread."""
        for one in sets:
            key = (one.flow, one.version, one.language)
            if key not in self._models:
                examples = digest([one])
                self._models[key] = self._by_examples.get(examples) or self._ready(one)
                self._by_examples[examples] = self._models[key]
            self._latest[one.flow, one.language] = key

    async def parse(
        self, hypotheses: Sequence[Hypothesis], flow: str, version: str, language: str, expected: Sequence[str]
    ) -> Parsed:
        """A version that is not trained yet is understood with the flow's last one. Raises ParserUnavailable when this
        flow and language was neither published nor kept on disk."""
        model = self._models.get((flow, version, language))
        if model is None:
            model = await asyncio.to_thread(self._otherwise, flow, version, language)
        embed = self.embedder(language) if model[0] is not None and model[0].embedded else None
        if embed is None:
            return understood(model, hypotheses, expected)
        return await asyncio.to_thread(understood, model, hypotheses, expected, embed)

    def embedder(self, language: str) -> Embed | None:
        """Sentence embeddings of this language where they are installed; loads the model at the first use."""
        if self._embeddings is None or language != MiniLM.language:
            return None
        with self._lock:
            if self._embedder is None:
                try:
                    self._embedder = MiniLM(self._embeddings)
                except (OSError, ValueError, KeyError) as error:
                    log.error("embeddings cannot be loaded; understanding goes by words", why=type(error).__name__)
                    self._embeddings = None
                    return None
            return self._embedder.embed

    def intents(self, flow: str, version: str, language: str) -> frozenset[str]:
        """What it was trained to tell apart there; empty when it was not."""
        classifier = self._models.get((flow, version, language), (None, None))[0]
        return frozenset(classifier.intents) if classifier else frozenset()

    def _ready(self, training: TrainingSet) -> Model:
        path = self._path(training.flow, training.version, training.language)
        embed = self.embedder(training.language)
        stamp = f"{self._form(training.language)}{digest([training])}"
        for place in _places(path):
            if (read := _read(place, stamp, stamp)) is not None:
                return read
        model = (Classifier(training, embed) if any(training.intents.values()) else None, EntityFinder(training))
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
                new.write_bytes(pickle.dumps((stamp, model)))
                new.replace(path)
                _prune(path.parent.parent, path.name)
            except OSError as error:
                log.warning("classifier not kept", flow=training.flow, why=error.strerror)
        return model

    def _otherwise(self, flow: str, version: str, language: str) -> Model:
        """A version of before the last start, whose calls go on; else the flow's last one."""
        path = self._path(flow, version, language)
        model = _read(path, self._form(language), None) if path is not None else None
        if model is not None:
            self._models[(flow, version, language)] = model
            return model
        latest = self._latest.get((flow, language))
        if latest is None:
            raise ParserUnavailable(f"no classifier for {flow} {version} {language}")
        return self._models[latest]

    def _form(self, language: str) -> str:
        """How the stamp of a readable model begins."""
        how = MiniLM.name if self.embedder(language) is not None else "words"
        return f"{FORMAT}.{sklearn.__version__}.{how}."

    def _path(self, flow: str, version: str, language: str) -> Path | None:
        if self.folder is None or not all(
            part.replace("_", "").replace("-", "").isalnum() for part in (flow, language)
        ):
            return None
        return self.folder / (version if version.isalnum() else "draft") / f"{flow}.{language}.pickle"


def _places(path: Path | None) -> list[Path]:
    """Where a model may be kept: at `path`, or with another version whose examples may be the same, newest first."""
    if path is None:
        return []
    others = [other for other in path.parent.parent.glob(f"*/{path.name}") if other != path]
    return [path, *sorted(others, key=lambda other: other.stat().st_mtime, reverse=True)]


def _prune(folder: Path, name: str) -> None:
    """Remove all but the newest models of a flow and language, and versions of which nothing is left."""
    found = sorted(folder.glob(f"*/{name}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[KEPT:]:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def understood(
    model: Model, hypotheses: Sequence[Hypothesis], expected: Sequence[str], embed: Embed | None = None
) -> Parsed:
    """What the best hypotheses mean together."""
    classifier, finder = model
    some = [h for h in hypotheses[: BEST if embed is None else EMBEDDED] if h.text.strip()]
    if not some:
        return Parsed()
    chances = [dict(ranked) for ranked in classifier.classify([h.text for h in some], embed)] if classifier else [{}]
    intents, winner = together(some, chances, expected)
    return Parsed(intents, finder.find(some[winner].text), some[winner].text)


def _read(path: Path, form: str, stamp: str | None) -> Model | None:
    """What is kept there, when its stamp begins so, and is the one given when one is."""
    try:
        found, model = kept(path.read_bytes())
    except FileNotFoundError:
        return None
    except Exception as error:  # a torn file or one of another library version: it is trained again
        log.warning("classifier unreadable", path=path.name, why=type(error).__name__)
        return None
    if stamp is not None and found != stamp:
        return None
    if not str(found).startswith(form):
        return None
    result: Model = model
    return result
