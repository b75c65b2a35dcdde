"""How a word of a grammar may stand in Moonshine's text: numbers in figures, letters and digits by their sound-alikes.

Grammars say "twelve"; the model writes "twelve" or "12". They say the letter "r"; it writes "R", or "are" when it
takes it for a word. The search accepts each of these forms for the word.
"""

from functools import cache

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NTH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
UNITS = {word: n for n, word in enumerate(_SMALL.split()) if n < 10}
TEENS = {word: n for n, word in enumerate(_SMALL.split()) if n >= 10}
TENS = {word: n for n, word in enumerate(_TENS.split(), 2)}
_ORDINALS = {word: n for n, word in enumerate(_NTH.split(), 1)} | {"thirtieth": 30, "fortieth": 40}
_ALIKE = {
    "a": ("ay", "eh"), "b": ("be", "bee"), "c": ("see", "sea"), "e": ("ee",), "f": ("ef",), "g": ("gee",),
    "i": ("eye",), "j": ("jay",), "k": ("kay",), "l": ("el", "ell"), "m": ("em",), "n": ("en",), "o": ("oh",),
    "p": ("pee",),
    "q": ("queue", "cue"), "r": ("are", "ar"), "t": ("tea", "tee"), "u": ("you",), "v": ("vee",), "x": ("ex",),
    "y": ("why",), "z": ("zee", "zed"),
    "oh": ("o", "0"), "two": ("to", "too"), "four": ("for",), "eight": ("ate",), "one": ("won",),
    "ok": ("okay",), "okay": ("ok",), "street": ("st",), "doctor": ("dr",), "mister": ("mr",), "versus": ("vs",),
}  # fmt: skip


def _suffix(n: int) -> str:
    return "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


@cache
def forms(word: str) -> tuple[str, ...]:
    """The word itself first, then other ways to write it; letters, digits and apostrophes."""
    out = [word, *_ALIKE.get(word, ())]
    for table in (UNITS, TEENS):
        if word in table:
            out.append(str(table[word]))
    if word in TENS:
        out.append(f"{TENS[word]}0")
    if word in _ORDINALS:
        out.append(f"{_ORDINALS[word]}{_suffix(_ORDINALS[word])}")
    return tuple(dict.fromkeys(out))


def joins(form: str) -> bool:
    """The form may stand against its neighbour without a space: "XI61"."""
    return form.isdigit() or (len(form) == 1 and form.isalpha())


def ordinal_unit(word: str) -> str | None:
    """'1st' for "first" up to "ninth": the end of "21st"."""
    n = _ORDINALS.get(word, 0)
    return f"{n}{_suffix(n)}" if 1 <= n <= 9 else None
