"""Conversations held as text with the understanding that callers get without Rasa."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded
    from ivr.insight.text_talk import TextTalk


class Classifier:
    """The built-in parser, made when it is needed first; learns only what it has not learned before."""

    def __init__(self, folder: Path | None, embeddings: Path | None = None) -> None:
        """`folder`: where trained models are kept. `embeddings`: the sentence model; None: the installed one."""
        self.folder = folder
        self.embeddings = embeddings
        self._made: Any = None

    def for_(self, loaded: "Loaded") -> Any:
        """ports.IntentParser, which knows the flows of `loaded`."""
        from ivr import models
        from ivr.insight.flow_folder import training_sets
        from ivr.nlu.builtin import Builtin

        if self._made is None:
            self._made = Builtin(self.folder, self.embeddings or models.path("minilm-en"))
        self._made.publish(training_sets(loaded))
        return self._made


def text_runner(loaded: "Loaded", nlu_folder: Path | None, classifier: Classifier | None = None) -> "TextTalk":
    """The built-in classifier is trained (or read from its folder) when a conversation first needs it."""
    from ivr.insight.text_parts import understand_with
    from ivr.insight.text_talk import TextTalk

    if loaded.published is None:
        raise ValueError("no flow to test")
    made = classifier or Classifier(nlu_folder)
    return TextTalk(loaded.published, loaded.grammars, understand_with(lambda: made.for_(loaded)))
