"""What a language is: the data that one file a language gives (english.py, korean.py)."""

from dataclasses import dataclass, field

from ivr.language.value_words import ValueWords


def rows(text: str) -> tuple[str, ...]:
    """A table of phrases, divided by commas and line ends, as a tuple."""
    return tuple(phrase for phrase in (" ".join(part.split()) for part in text.replace("\n", ",").split(",")) if phrase)


@dataclass(frozen=True)
class Language:
    """Words are as recognizers write them: lower case, without punctuation."""

    code: str
    name: str
    phrases: dict[str, str]
    """Built-in prompts by name; `{name}` is a value. Every language has the same names (tests/language)."""
    commands: dict[str, tuple[str, ...]]
    """Ready-made command -> examples of what callers say."""
    yes: tuple[str, ...]
    no: tuple[str, ...]
    corrections: tuple[str, ...]
    """What comes before a mended value: "no", "i said", "not that"."""
    fillers: tuple[str, ...]
    """Sounds and words without meaning, anywhere between words."""
    before: tuple[str, ...]
    """Polite beginnings: "can you", "i would like to"."""
    after: tuple[str, ...]
    """Polite ends: "please"."""
    digits: dict[str, str]
    """word -> digit, every spoken form."""
    say_digits: dict[str, str]
    """digit -> the word that prompts use."""
    repeats: dict[str, int]
    """"double" -> 2."""
    digit_groups: dict[str, str]
    """Words that stand for two digits: "fifteen" -> "15"; tens alone: "forty" -> "40"."""
    tens: dict[str, str]
    """Words that join with a digit: "forty" (+ five) -> "4"."""
    keys: dict[str, str]
    """key -> how prompts call it."""
    choose: dict[str, tuple[str, ...]]
    """key -> words that pick it when said: "two", "number two"."""
    lead_ins: tuple[str, ...] = ()
    """What comes before a value: "it is", "my number is"."""
    particles: tuple[str, ...] = ()
    """Endings that may cling to a value word (Korean)."""
    homophones: dict[str, str] = field(default_factory=dict)
    """Words that recognizers write for a digit ("for", "to"); they count only where digits are expected."""
    scales: frozenset[str] = frozenset()
    """"hundred", "thousand": a number said as a whole."""
    negations: tuple[str, ...] = ()
    """Words that turn what follows round: "not" (sure)."""
    values: ValueWords = field(default_factory=ValueWords)
    """Dates, times, amounts, letters."""
