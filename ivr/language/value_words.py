"""What a language has to say about values - dates, times, amounts, letters - beside what libraries know. Data only.

Patterns are texts: words, `[optional words]`, `(one|other)` and `{class}`, a table of words that mean a value. A
pattern that begins with `=` counts only when nothing else of meaning is said. What a pattern means stands beside it,
in the words of dates.py, times.py, durations.py, amounts.py and mending.py.
"""

from dataclasses import dataclass, field

Rules = tuple[tuple[str, str], ...]
"""(pattern, meaning), the first of two that take the same words wins."""


def rules(text: str) -> Rules:
    """One rule a line: `pattern -> meaning`."""
    rows = (line.split("->") for line in text.strip().splitlines() if line.strip())
    return tuple((" ".join(pattern.split()), meaning.strip()) for pattern, meaning in rows)


@dataclass(frozen=True)
class Numerals:
    """Numbers of a language that text2num does not know, written letter by letter without spaces."""

    ones: dict[str, int]
    small: dict[str, int]
    """"십" -> 10: multiplies what stands before it."""
    large: dict[str, int]
    """"만" -> 10000: multiplies the whole section before it."""
    native_tens: dict[str, int] = field(default_factory=dict)
    """A second row of numbers, for counting: "스물" -> 20."""
    native_ones: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spoken:
    """How prompts say values. `{names}` are filled in; what stands in `<...>` is left out when it is empty."""

    date: str
    """{month}, {day}: names and numbers in words."""
    dated: str
    """The same with {year}."""
    time: str
    """{half}, {hour}, {minute}; `time_full` when there are no minutes."""
    time_full: str
    moment: str
    """{date}, {time}."""
    halves: tuple[str, str]
    """Before and after noon."""
    hours: tuple[str, ...] = ()
    """Twelve words from 12, 1, 2 on; numbers when not given."""
    minute_zero: str = ""
    """Before a minute below ten: "oh "."""
    day: str = "number"
    """number | ordinal."""
    months: dict[int, str] = field(default_factory=dict)
    """Where the calendar's own name is not what is said."""
    units: dict[str, tuple[str, str]] = field(default_factory=dict)
    """h, m, s -> one and many: ("{n} hour", "{n} hours")."""
    cents: str = ""
    """{units}, {currency}, {cents}: an amount with a fraction; empty: the number is said as it is."""
    currencies: dict[str, tuple[str, str]] = field(default_factory=dict)
    """code -> one and many, shorter than the calendar's names: "dollars", not "US dollars"."""
    cent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """code -> one and many of the hundredth part."""
    at: str = ""
    """E-mail's @ and dot, as prompts say them."""
    dot: str = ""


@dataclass(frozen=True)
class ValueWords:
    spaces: bool = True
    """False: spaces between words mean nothing, letters are matched one by one (Korean)."""
    ranges: dict[str, str] = field(default_factory=dict)
    """class -> where its words come from: `cardinal 1..31`, `ordinal 1..31`, `native 1..99`, `year 1900..2099`,
    `months`, `weekdays`; several joined by commas."""
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    """class -> words -> value, beside those of `ranges`."""
    dates: Rules = ()
    times: Rules = ()
    durations: Rules = ()
    amounts: Rules = ()
    mending: Rules = ()
    numerals: Numerals | None = None
    ambiguous: tuple[str, ...] = ()
    """Numerals that are units too: 일, one and day."""
    point: str = "point"
    half: tuple[str, ...] = ()
    """After a number: "and a half"."""
    minus: tuple[str, ...] = ("minus",)
    plus: tuple[str, ...] = ("plus",)
    scale: tuple[int, str] = (1000, "thousand")
    """What large numbers are grouped by, and its word."""
    currency: str = "USD"
    """The currency when none is said and the flow names none."""
    key_date: str = "mmddyyyy"
    """How a date is typed when the flow does not say."""
    region: str = "US"
    """Country of phone numbers, postal codes and holidays when the flow names none."""
    letters: dict[str, str] = field(default_factory=dict)
    """Words for letters beside the letters themselves: "alpha" -> "a", "bee" -> "b"."""
    examples: tuple[str, ...] = ()
    """Words that letters are told by: "mike", "apple"."""
    as_in: tuple[str, ...] = ()
    """Between a letter and a word that begins with it: "as in"."""
    signs: dict[str, str] = field(default_factory=dict)
    """In e-mail addresses: "at" -> "@", "dot" -> ".", "gmail" -> "gmail"."""
    name_ends: tuple[str, ...] = ()
    """What may follow a name: "speaking", "입니다"."""
    name_starts: tuple[str, ...] = ()
    """"my name is", "this is"."""
    no_names: tuple[str, ...] = ()
    """Words that are never a name: "what", "agent"."""
    spoken: Spoken = field(
        default_factory=lambda: Spoken(
            date="{month} {day}",
            dated="{month} {day} {year}",
            time="{hour} {minute} {half}",
            time_full="{hour} {half}",
            moment="{date}, {time}",
            halves=("a m", "p m"),
        )
    )
