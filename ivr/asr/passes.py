"""Several engines on one utterance: the first hears while the caller speaks, the last decides.

One idea covers local, remote and cloud. A second pass is asked always, or only when the first one's result is doubtful;
an engine on another machine that fails hands the turn back to the one before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import structlog

from ivr.asr.remote import RemoteFailed
from ivr.flow.closing import closing
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized, Recognizer, RecognizerStream

log = structlog.get_logger(__name__)

SecondPass = Literal["auto", "always", "doubtful"]
"""`auto`: always where it is local, when doubtful where it is remote."""
SURE = 0.8
"""Confidence of a first pass that needs no second one."""


def is_remote(engine: Recognizer) -> bool:
    """The sound leaves this machine."""
    return bool(getattr(engine, "remote", False))


class NoEngine(Exception):
    """No engine may hear this: the step is sensitive and all of them are elsewhere."""


class Passes:
    """A stream over the engines of a language, first pass first; see ports.RecognizerStream."""

    def __init__(
        self,
        engines: Sequence[Recognizer],
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str],
        give_way: Callable[[], None],
        *,
        local_only: bool = False,
        second_pass: SecondPass = "auto",
    ) -> None:
        """Raises NoEngine."""
        used = [e for e in engines if not (local_only and is_remote(e))]
        if grammar is None and len(used) > 1:
            # an engine that is dear in open vocabulary is left out where another one decides anyhow
            used = [e for n, e in enumerate(used) if n == len(used) - 1 or not getattr(e, "dear_when_open", False)]
        if not used:
            raise NoEngine("no engine of this machine")
        self._engines = used
        self._grammar = grammar
        self._streams: list[RecognizerStream] = [e.start(language, grammar, hints, give_way) for e in used]
        self._always = second_pass == "always" or (second_pass == "auto" and not is_remote(used[-1]))
        self.streams = used[0].streams
        """Partials come with the audio."""

    def audio(self, pcm: bytes) -> str | None:
        texts = [stream.audio(pcm) for stream in self._streams]
        return texts[0]

    def partial(self) -> str | None:
        return self._streams[0].partial()

    def decode_now(self) -> Recognized:
        """Raises RemoteFailed when there is no local engine to fall back on."""
        return judged(self._decide(len(self._streams) - 1), self._grammar)

    def end(self) -> Recognized:
        """As `decode_now`; the streams are closed."""
        result = self.decode_now()
        self.cancel()
        return result

    def cancel(self) -> None:
        for stream in self._streams:
            stream.cancel()

    def _decide(self, last: int) -> Recognized:
        first: Recognized | None = None
        if last > 0 and not (self._always and last == len(self._streams) - 1):
            first = self._decide(last - 1)
            if not _doubtful(first):
                return first
        try:
            return self._streams[last].decode_now()
        except RemoteFailed as error:
            log.warning("remote_engine_failed", engine=self._engines[last].name, why=str(error))
            if last == 0:
                raise
            return first or self._decide(last - 1)


def judged(result: Recognized, grammar: Grammar | None) -> Recognized:
    """The result, with whether the grammar allows anything after it."""
    if grammar is None or not (result.hypotheses and result.in_grammar and result.complete):
        return result
    return replace(result, closed=closing(grammar).closed(result.hypotheses[0].text.split()))


def _doubtful(result: Recognized) -> bool:
    return not result.hypotheses or not result.in_grammar or result.hypotheses[0].confidence < SURE
