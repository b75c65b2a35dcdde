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


_CONTRACTED = {
    "is": "'s", "are": "'re", "am": "'m", "will": "'ll", "would": "'d", "have": "'ve", "has": "'s",
    "had": "'d", "us": "'s",
}  # fmt: skip
_BEFORE = {
    "'m": {"i"}, "'re": {"you", "we", "they", "what", "where", "how", "who", "there"},
    "'s": {"he", "she", "it", "that", "this", "what", "where", "when", "who", "how", "there", "here", "let"},
    "'ll": {"i", "you", "he", "she", "it", "we", "they", "that"}, "'d": {"i", "you", "he", "she", "we", "they"},
    "'ve": {"i", "you", "we", "they"},
}  # fmt: skip
_AUXILIARIES = "is are was were do does did has have had would could should"
_NEGATED = {w: f"{w}n't" for w in _AUXILIARIES.split()} | {"can": "can't", "will": "won't"}
_SPELLED_OUT = {
    "i'd": ("i would",), "i'm": ("i am",), "i'll": ("i will",), "i've": ("i have",), "it's": ("it is",),
    "that's": ("that is",), "what's": ("what is",), "where's": ("where is",), "when's": ("when is",),
    "who's": ("who is",), "don't": ("do not",), "can't": ("can not", "cannot"), "isn't": ("is not",),
    "didn't": ("did not",), "hasn't": ("has not",), "doesn't": ("does not",), "won't": ("will not",),
    "cannot": ("can't", "can not"),
    "gonna": ("going to",), "wanna": ("want to",),
}  # fmt: skip


def contracted(first: str, second: str) -> str | None:
    """ "where's" for "where is", "don't" for "do not"; None when the two are not drawn together."""
    if second == "not":
        return _NEGATED.get(first)
    ending = _CONTRACTED.get(second)
    return f"{first}{ending}" if ending and first in _BEFORE[ending] else None


def _suffix(n: int) -> str:
    return "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


@cache
def forms(word: str) -> tuple[str, ...]:
    """The word itself first, then other ways to write it; letters, digits, apostrophes, and spaces within."""
    out = [word, *_ALIKE.get(word, ()), *_SPELLED_OUT.get(word, ())]
    for table in (UNITS, TEENS):
        if word in table:
            out.append(str(table[word]))
    if word in TENS:
        out.append(f"{TENS[word]}0")
    if word in _ORDINALS:
        out.append(f"{_ORDINALS[word]}{_suffix(_ORDINALS[word])}")
    return tuple(dict.fromkeys(out))


LETTER = "letter"
FIGURES = "figures"


def kind(form: str) -> str:
    """LETTER or FIGURES for forms that may stand against each other without a space ("XI61"); empty else."""
    if form.isdigit():
        return FIGURES
    return LETTER if len(form) == 1 and form.isalpha() else ""


def ordinal_unit(word: str) -> str | None:
    """'1st' for "first" up to "ninth": the end of "21st"."""
    n = _ORDINALS.get(word, 0)
    return f"{n}{_suffix(n)}" if 1 <= n <= 9 else None
