"""A question that is put to the caller: what fits as an answer, by voice and by keys."""

from dataclasses import dataclass
from functools import cached_property

from ivr.dialogue.keypad import KeyMap
from ivr.flow.listening import Settings
from ivr.flow.models import Anywhere, Flow, Option
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.fields import key_shape


@dataclass(frozen=True)
class Question:
    """One question as it is put now; made anew each time."""

    flow: Flow
    node: str
    part: str
    language: str
    settings: Settings
    """Of the node; `input` as it counts in this visit."""
    speech: bool
    keys: bool
    options: tuple[Option, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    anywhere: tuple[Anywhere, ...] = ()
    grammar: str = ""
    sensitive: bool = False
    attempt: int = 1
    mends: tuple[FieldSpec, ...] = ()
    """Slots that were given before and may be mended now, the last one first."""
    listed: bool = False
    """The options were made in the call; they are picked by number, position or words of their label."""
    suggests: bool = False
    """ "Did you mean ...?" of one option: yes and no count besides the options, and have their keys."""
    clarify: bool = False
    """The options are the two of "did you mean one, ..., or two, ...?"; keys and numbers count by position."""

    @cached_property
    def key_map(self) -> KeyMap:
        """What each key does."""
        finish = self.settings.finish_on_key
        return KeyMap(
            options={key: n for n, (key, _) in enumerate(self.keyed_options) if key},
            anywhere={str(entry.key): n for n, entry in enumerate(self.anywhere) if entry.key},
            field=next((s for s in self.fields if key_shape(s.field, s.settings, self.language) is not None), None),
            finish="" if finish == "none" else finish,
            language=self.language,
        )

    @cached_property
    def keyed_options(self) -> tuple[tuple[str, Option], ...]:
        """Each option with its key, in the order of `options`; those without one get a free digit where keys are all
        that is left."""
        if self.clarify:
            return tuple((str(n), option) for n, option in enumerate(self.options, 1))
        if self.suggests:
            return ()
        taken = {str(option.key) for option in self.options if option.key}
        taken |= {str(entry.key) for entry in self.anywhere if entry.key}
        free = iter([d for d in "123456789" if d not in taken])
        found = []
        for option in self.options:
            key = str(option.key) if option.key else ("" if self.speech else next(free, ""))
            found.append((key, option))
        return tuple(found)

    @cached_property
    def expected(self) -> list[str]:
        """Names that an answer's intent may have here, options first."""
        return [option.name for option in self.options] + [entry.name for entry in self.anywhere]

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def entry(self, name: str) -> Anywhere | None:
        return next((entry for entry in self.anywhere if entry.name == name), None)
