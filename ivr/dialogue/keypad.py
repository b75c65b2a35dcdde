"""Keys: what was typed and not yet taken, and what it means at a question."""

from dataclasses import dataclass
from typing import Any, Literal

from ivr.flow.nodes.steps import FieldSpec


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field takes from the keypad: `least` to `most` of the `allowed` keys, or one of `codes`."""

    allowed: frozenset[str] = frozenset()
    least: int = 1
    most: int = 32
    codes: tuple[tuple[str, str], ...] = ()
    """(keys, value): when given, only these."""


_DIGITS = frozenset("0123456789")


def shape(spec: FieldSpec) -> Shape | None:
    """How a field is typed; None: it cannot be."""
    match spec.field:
        case "digits" | "phone":
            least, _, most = str(spec.settings.get("length", "1..32")).partition("..")
            return Shape(_DIGITS, int(least), int(most or least))
        case "number" | "amount" | "date" | "time":
            return Shape(_DIGITS, 1, 12)
        case "yes_no":
            return Shape(codes=(("1", "yes"), ("2", "no")))
        case "choice":
            return Shape(codes=tuple(_choice_codes(spec.settings.get("choices", []))))
        case _:
            return None


def _choice_codes(choices: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Keys as written; 1, 2, 3 ... in order when none has one."""
    if any(choice.get("key") for choice in choices):
        return [(str(choice["key"]), choice["value"]) for choice in choices if choice.get("key")]
    return [(str(n), choice["value"]) for n, choice in enumerate(choices, 1)]


@dataclass(frozen=True, slots=True)
class KeyMap:
    """Everything that keys can do at one question."""

    options: dict[str, int]
    """Key -> index of the option."""
    anywhere: dict[str, int]
    """Key -> index of the anywhere entry."""
    slot: str = ""
    """The field that typed keys go to."""
    shape: Shape | None = None
    finish: str = "#"


Meaning = Literal["wait", "option", "anywhere", "value", "no_match", "drop"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the first `count` keys of the buffer come to; `wait`: more may follow, ask again after key_timeout."""

    meaning: Meaning
    count: int = 0
    index: int = 0
    value: str = ""


WAIT = Reading("wait")


def read(typed: str, keys: KeyMap, late: bool) -> Reading:
    """What `typed` means; `late`: key_timeout passed since the last key. `typed` is not empty."""
    if keys.shape is None:
        return _read_single(typed, keys)
    return _read_field(typed, keys, keys.shape, late)


def _read_single(typed: str, keys: KeyMap) -> Reading:
    key = typed[0]
    if key in keys.options:
        return Reading("option", 1, keys.options[key])
    if key in keys.anywhere:
        return Reading("anywhere", 1, keys.anywhere[key])
    if key == keys.finish:
        return Reading("drop", 1)
    return Reading("no_match", len(typed))


def _read_field(typed: str, keys: KeyMap, shape: Shape, late: bool) -> Reading:
    """The field wins over an `anywhere` key, which acts only when it was typed alone and key_timeout passed."""
    if typed[0] == keys.finish:
        return Reading("drop", 1)
    if len(typed) == 1 and typed in keys.anywhere and (late or not _may_begin(typed, shape)):
        return Reading("anywhere", 1, keys.anywhere[typed])
    if shape.codes:
        return _read_code(typed, keys, shape, late)
    return _read_digits(typed, keys, shape, late)


def _read_digits(typed: str, keys: KeyMap, shape: Shape, late: bool) -> Reading:
    taken = next((n for n, key in enumerate(typed) if key not in shape.allowed), len(typed))
    if taken >= shape.most:
        return Reading("value", shape.most, value=typed[: shape.most])
    if taken < len(typed):
        if typed[taken] == keys.finish and taken >= shape.least:
            return Reading("value", taken + 1, value=typed[:taken])
        return Reading("no_match", len(typed))
    if not late:
        return WAIT
    return Reading("value", taken, value=typed) if taken >= shape.least else Reading("no_match", taken)


def _may_begin(typed: str, shape: Shape) -> bool:
    if shape.codes:
        return any(code.startswith(typed) for code, _ in shape.codes)
    return typed in shape.allowed


def _read_code(typed: str, keys: KeyMap, shape: Shape, late: bool) -> Reading:
    """The longest code wins; a pause is awaited only while a longer one is possible."""
    longest = max((code for code, _ in shape.codes if typed.startswith(code)), key=len, default="")
    longer = any(code.startswith(typed) and code != typed for code, _ in shape.codes)
    if longer and not late:
        return WAIT
    if not longest:
        return Reading("no_match", len(typed))
    value = next(value for code, value in shape.codes if code == longest)
    used = len(longest) + (1 if typed[len(longest) : len(longest) + 1] == keys.finish else 0)
    return Reading("value", used, value=value)


class Keypad:
    """Keys that were pressed and not taken yet, with the lines of the journal that they came in."""

    __slots__ = ("_keys", "_seqs")

    def __init__(self) -> None:
        self._keys = ""
        self._seqs: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def typed(self) -> str:
        return self._keys

    def press(self, key: str, seq: int) -> None:
        if len(self._keys) < 64:
            self._keys += key
            self._seqs.append(seq)

    def take(self, count: int) -> tuple[str, list[int]]:
        """The first `count` keys and their lines; they are gone then."""
        keys, seqs = self._keys[:count], self._seqs[:count]
        self._keys, self._seqs = self._keys[count:], self._seqs[count:]
        return keys, seqs

    def drop(self) -> None:
        """Forget everything: after an error, before a confirmation, before a sensitive node."""
        self._keys, self._seqs = "", []
