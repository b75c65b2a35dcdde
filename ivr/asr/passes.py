"""Two engines on one utterance: the first hears while the caller speaks, the last decides."""

from collections.abc import Callable, Sequence

from ivr.flow.grammar import Grammar
from ivr.ports import Recognized, Recognizer, RecognizerStream


class Passes:
    """A stream over the engines of a language, first pass first; see ports.RecognizerStream.

    Open steps leave out a first pass that is not the last one when `open_first` is false: it costs ten times what it
    costs with a grammar.
    """

    def __init__(
        self,
        engines: Sequence[Recognizer],
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str],
        give_way: Callable[[], None],
    ) -> None:
        used = engines if grammar is not None else engines[-1:]
        self._streams: list[RecognizerStream] = [e.start(language, grammar, hints, give_way) for e in used]
        self.streams = used[0].streams
        """Partials come with the audio."""

    def audio(self, pcm: bytes) -> str | None:
        texts = [stream.audio(pcm) for stream in self._streams]
        return texts[0]

    def partial(self) -> str | None:
        return self._streams[0].partial()

    def decode_now(self) -> Recognized:
        return self._streams[-1].decode_now()

    def end(self) -> Recognized:
        return self._streams[-1].end()

    def cancel(self) -> None:
        for stream in self._streams:
            stream.cancel()
