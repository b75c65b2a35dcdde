"""Keys: what was typed and not yet taken, and what it means at a question."""

from dataclasses import dataclass
from typing import Literal

from ivr.flow.nodes.steps import FieldSpec
from ivr.language.fields import from_keys, key_shape


@dataclass(frozen=True, slots=True)
class KeyMap:
    """Everything that keys can do at one question."""

    options: dict[str, int]
    """Key -> index of the option."""
    anywhere: dict[str, int]
    """Key -> index of the anywhere entry."""
    field: FieldSpec | None = None
    """The field that typed keys go to."""
    finish: str = "#"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Typed:
    """What the first `count` keys come to; `wait`: more may follow, read again after key_timeout."""

    meaning: Literal["wait", "option", "anywhere", "value", "no_match", "drop"]
    count: int = 0
    index: int = 0
    value: str = ""


WAIT = Typed("wait")


def read(typed: str, keys: KeyMap, late: bool) -> Typed:
    """What `typed`, which is not empty, means; `late`: key_timeout passed since its last key."""
    if keys.field is not None:
        return _read_field(typed, keys, keys.field, late)
    key = typed[0]
    if key in keys.options:
        return Typed("option", 1, keys.options[key])
    if key in keys.anywhere:
        return Typed("anywhere", 1, keys.anywhere[key])
    if key == keys.finish:
        return Typed("drop", 1)
    return Typed("no_match", len(typed))


def _read_field(typed: str, keys: KeyMap, spec: FieldSpec, late: bool) -> Typed:
    """The field wins over an `anywhere` key, which acts only when it was typed alone and key_timeout passed."""
    shape = key_shape(spec.field, spec.settings, keys.language)
    if typed[0] == keys.finish or shape is None:
        return Typed("drop", 1)
    if len(typed) == 1 and typed in keys.anywhere and (late or typed not in shape.allowed):
        return Typed("anywhere", 1, keys.anywhere[typed])
    taken = next((n for n, key in enumerate(typed) if key not in shape.allowed), len(typed))
    ended = taken < len(typed) and typed[taken] == keys.finish
    if taken < shape.most and taken == len(typed) and not late:
        return WAIT
    if taken >= shape.most or ended or taken == len(typed):
        used = min(taken, shape.most)
        value = from_keys(spec.field, typed[:used], spec.settings, keys.language)
        if value is not None:
            return Typed("value", used + (1 if ended and used == taken else 0), value=value)
    return Typed("no_match", len(typed))


class Keypad:
    """Keys that were pressed and not taken yet, with the lines of the journal that they came in."""

    __slots__ = ("_seqs", "typed")

    def __init__(self) -> None:
        self.typed = ""
        self._seqs: list[int] = []

    def __bool__(self) -> bool:
        return bool(self.typed)

    def press(self, key: str, seq: int) -> None:
        if len(self.typed) < 64:
            self.typed += key
            self._seqs.append(seq)

    def take(self, count: int) -> tuple[str, list[int]]:
        """The first `count` keys and their lines; they are gone then."""
        keys, seqs = self.typed[:count], self._seqs[:count]
        self.typed, self._seqs = self.typed[count:], self._seqs[count:]
        return keys, seqs

    def drop(self) -> None:
        """Forget everything: after an error, before a confirmation, before a sensitive node."""
        self.typed, self._seqs = "", []
