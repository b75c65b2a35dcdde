"""English: how people say dates, times, durations, amounts, letters and addresses. Data; value_words.py explains it."""

from ivr.language.base import rows
from ivr.language.value_words import Spoken, ValueWords, rules

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_ALPHABET = rows("""
    alpha, alfa, bravo, charlie, delta, echo, foxtrot, golf, hotel, india, juliet, juliett, kilo, lima, mike, november,
    oscar, papa, quebec, romeo, sierra, tango, uniform, victor, whiskey, whisky, yankee, zulu""")

ENGLISH_VALUES = ValueWords(
    ranges={
        "day": "cardinal 1..31, ordinal 1..31",
        "nth": "ordinal 1..31",
        "month": "months",
        "weekday": "weekdays",
        "year": "year 1900..2099",
        "n": "cardinal 1..400",
        "hour": "cardinal 0..24",
        "minute": "cardinal 10..59",
        "minutes": "cardinal 1..59",
        "small": "cardinal 1..99",
        "cents": "cardinal 10..99",
        "place": "ordinal 1..20",
    },
    tables={
        "month": {"sept": "9"},
        "weekday": {"tues": "1", "thurs": "3", "weds": "2"},
        "n": {"a": "1", "an": "1", "a couple of": "2", "a couple": "2", "a dozen": "12"},
        "small_year": {f"{t} {o}".strip(): str(1900 + 10 * m + n)
                       for m, t in ((5, "fifty"), (6, "sixty"), (7, "seventy"), (8, "eighty"), (9, "ninety"))
                       for n, o in enumerate(["", *_ONES[1:]])},
        "dayunit": {"day": "day", "days": "day", "week": "week", "weeks": "week", "month": "month", "months": "month",
                    "year": "year", "years": "year", "fortnight": "fortnight"},
        "minute": {f"{zero} {word}": str(n) for n, word in enumerate(_ONES) for zero in ("oh", "o", "zero")
                   if n} | {"hundred": "0", "hundred hours": "0", "zero zero": "0", "oh oh": "0"},
        "hour": {f"{zero} {word}": str(n) for n, word in enumerate(_ONES) for zero in ("oh", "zero") if n},
        "half": {"a m": "am", "am": "am", "p m": "pm", "pm": "pm", "in the morning": "am", "this morning": "am",
                 "tomorrow morning": "am", "morning": "am", "in the afternoon": "pm", "this afternoon": "pm",
                 "afternoon": "pm", "in the evening": "pm", "this evening": "pm", "evening": "pm", "tonight": "pm",
                 "at night": "night"},
        "timeunit": {"minute": "m", "minutes": "m", "mins": "m", "hour": "h", "hours": "h"},
        "unit": {"second": "s", "seconds": "s", "secs": "s", "minute": "m", "minutes": "m", "mins": "m", "hour": "h",
                 "hours": "h", "hrs": "h", "day": "d", "days": "d", "night": "d", "nights": "d", "week": "w",
                 "weeks": "w"},
        "currency": {"dollar": "$", "dollars": "$", "bucks": "$", "buck": "$", "usd": "USD", "us dollars": "USD",
                     "euro": "EUR", "euros": "EUR", "eur": "EUR", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
                     "gbp": "GBP", "pounds sterling": "GBP", "yen": "JPY", "jpy": "JPY", "won": "KRW", "krw": "KRW",
                     "korean won": "KRW", "canadian dollars": "CAD", "australian dollars": "AUD",
                     "swiss francs": "CHF", "francs": "CHF"},
        "cent": {"cent": "c", "cents": "c", "penny": "c", "pence": "c", "pennies": "c"},
        "grand": {"grand": "1000", "k": "1000", "million": "1000000"},
        "place": {"last": "-1", "final": "-1", "second to last": "-2", "second last": "-2"},
        "first_second": {"the first": "1", "the first one": "1", "first": "1", "the second": "2", "the second one": "2",
                         "second": "2", "the other one": "2", "the latter": "2", "the former": "1", "neither": "0",
                         "neither one": "0", "neither of them": "0", "none of them": "0", "something else": "0"},
        "few": {word: str(n) for n, word in enumerate(_ONES) if n > 1},
        "holiday": {"christmas": "christmas day", "christmas eve": "12-24", "new year's eve": "12-31",
                    "new year's": "new year's day", "new years day": "new year's day", "new years eve": "12-31",
                    "the fourth of july": "independence day", "halloween": "10-31", "valentine's day": "02-14",
                    "thanksgiving": "thanksgiving day", "boxing day": "12-26"},
    },
    dates=rules("""
        [on] [the] {day} [day] of {month} [[in] {year}]                -> date
        [on] [the] {day} {month} [{year}]                              -> date
        [on] {month} [the] {day} [[in] {year}]                         -> date
        [on] {weekday} [the] {day} [of] {month} [{year}]               -> date
        [on] {weekday} {month} [the] {day} [{year}]                    -> date
        {month} [the] {day} {small_year}                               -> date
        [the] {day} of {month} {small_year}                            -> date
        [on] {weekday} the {nth}                                       -> date
        =[on] the {nth}                                                -> date
        the {nth} of (this|the) month                                  -> day 0
        the {nth} of next month                                        -> day 1
        today                                                          -> shift 0 day
        tonight                                                        -> shift 0 day
        this (morning|afternoon|evening)                               -> shift 0 day
        tomorrow [(morning|afternoon|evening|night)]                   -> shift 1 day
        [the] day after tomorrow                                       -> shift 2 day
        yesterday                                                      -> shift -1 day
        last night                                                     -> shift -1 day
        [the] day before yesterday                                     -> shift -2 day
        in {n} {dayunit} [time]                                        -> shift n
        {n} {dayunit} from (now|today)                                 -> shift n
        {n} {dayunit} from tomorrow                                    -> shift n 1
        {n} {dayunit} ago                                              -> shift -n
        a week today                                                   -> shift 7 day
        a week tomorrow                                                -> shift 8 day
        [on] {weekday}                                                 -> weekday coming
        [on] (this|this coming|the coming) {weekday}                   -> weekday this
        [on] next {weekday}                                            -> weekday next
        {weekday} [of] next week                                       -> weekday next_week
        {weekday} (of this week|this week)                             -> weekday this_week
        [the] {weekday} after next                                     -> weekday after
        last {weekday}                                                 -> weekday last
        {n} {dayunit} from {weekday}                                   -> weekday plus
        {weekday} week                                                 -> weekday after_coming
        next week                                                      -> shift 7 day
        next month                                                     -> shift 1 month
        next year                                                      -> shift 1 year
        [the] end of [(the|this)] month                                -> month 0 -1
        [the] end of next month                                        -> month 1 -1
        [the] (first|beginning|start) of next month                    -> month 1 1
        [the] last day of {month}                                      -> last
        [on] {holiday}                                                 -> holiday
    """),
    times=rules("""
        [at] {hour} {minute} [{half}]                                  -> clock
        [at] {hour} o'clock [{half}]                                   -> clock
        [at] {hour} {half}                                             -> clock
        =[at] {hour} [sharp]                                           -> clock
        [at] half past {hour} [{half}]                                 -> past 30
        [at] half {hour} [{half}]                                      -> past 30
        [at] [a] quarter (past|after) {hour} [{half}]                  -> past 15
        [at] [a] quarter (to|of|before|till) {hour} [{half}]           -> to 15
        [at] {minutes} [minutes] (past|after) {hour} [{half}]          -> past
        [at] {minutes} [minutes] (to|before|till) {hour} [{half}]      -> to
        [at] (noon|midday|twelve noon)                                 -> at 12:00
        [at] (midnight|twelve midnight)                                -> at 00:00
        in {n} {timeunit}                                              -> shift
        {n} {timeunit} from now                                        -> shift
        in half an hour                                                -> shift 30
        in an hour and a half                                          -> shift 90
        (now|right now|right away|immediately)                         -> shift 0
        {half} at {hour} [o'clock]                                     -> clock
        {half} at {hour} {minute}                                      -> clock
    """),
    durations=rules("""
        {n} {unit} [[and] {n} {unit} [[and] {n} {unit}]]               -> sum
        {n} and a half {unit}                                          -> half
        {n} {unit} and a half                                          -> half
        {n} {unit} and a quarter                                       -> quarter
        half an hour                                                   -> fixed 30m
        [a] half [a] day                                               -> fixed 12h
        [a] quarter of an hour                                         -> fixed 15m
        [a] quarter hour                                               -> fixed 15m
        three quarters of an hour                                      -> fixed 45m
        half a minute                                                  -> fixed 30s
        overnight                                                      -> fixed 12h
        [a] fortnight                                                  -> fixed 336h
    """),
    amounts=rules("""
        {number} {currency} [and] {number} {cent}                      -> parts
        {number} {currency} [[and] {cents}]                            -> parts
        {number} point {digits} [{currency}]                           -> decimal
        {number} and a half {currency}                                 -> half
        a {currency}                                                   -> one
        a {currency} {cents}                                           -> one
        {number} {cent}                                                -> cents
        {number} {grand} [{currency}]                                  -> times
        half a {currency}                                              -> fixed 0.5
        a couple of {currency}                                         -> fixed 2
        ={small} {cents}                                               -> pair
        ={number}                                                      -> parts
    """),
    mending=rules("""
        [the] {place} (digit|number|one|figure) (is|was|should be|must be) [a|an] {digits}       -> place
        [the] {place} {few} [(digits|numbers)] (are|is|were|should be) {digits}                   -> span
        [it] (ends|end) (in|with) {digits}                                                        -> tail
        [the] (end|ending) is {digits}                                                            -> tail
        [it] (starts|begins|start) with {digits}                                                  -> head
        {digits} not {digits}                                                                     -> swap
        not {digits} [but] {digits}                                                               -> swapped
        {digits} instead of {digits}                                                              -> swap
    """),
    point="point",
    half=("and", "a", "half"),
    minus=("minus", "negative"),
    plus=("plus",),
    letters={word: word[0] for word in _ALPHABET}
    | {"x ray": "x", "xray": "x", "zed": "z", "zee": "z", "double u": "w", "bee": "b", "cee": "c", "dee": "d",
       "eff": "f", "gee": "g", "aitch": "h", "jay": "j", "kay": "k", "ell": "l", "em": "m", "en": "n", "pee": "p",
       "cue": "q", "queue": "q", "are": "r", "ess": "s", "tee": "t", "vee": "v", "ex": "x", "why": "y"},
    examples=rows("""
        apple, adam, andrew, boy, baker, bob, cat, charles, dog, david, easy, edward, fox, frank, george, girl, henry,
        house, ida, igloo, isaac, john, jack, king, kate, lion, lucy, london, mary, mother, mike, nancy, nelly, nora,
        ocean, oliver, peter, paul, queen, robert, roger, sam, sugar, susan, tom, thomas, uncle, union, victory,
        vincent, william, water, xylophone, yellow, young, zebra, zoo""") + _ALPHABET,
    as_in=("as in", "like in", "like", "for", "as"),
    signs={"at": "@", "at sign": "@", "dot": ".", "period": ".", "point": ".", "underscore": "_", "under score": "_",
           "dash": "-", "hyphen": "-", "minus": "-", "plus": "+", "g mail": "gmail", "hot mail": "hotmail"},
    name_starts=rows("""
        my name is, my name's, the name is, the name's, this is, i am, i'm, it is, it's, name is, call me, yes it's,
        yeah it's, that's, that is, you can call me, you are speaking with, you're speaking with, my first name is,
        my last name is, my surname is, first name, last name, first name is, last name is, surname"""),
    name_ends=rows("speaking, here, please, thank you, thanks, calling, that's my name"),
    no_names=rows("""
        what, who, why, agent, operator, repeat, yes, no, hello, hi, sorry, again, help, nothing, none, not, me, you, i,
        the, a, my, your, don't, order, account, number, want, would, can, is, it, person, speak, to, know, like"""),
    spoken=Spoken(
        date="{month} {day}",
        dated="{month} {day} {year}",
        time="{hour} {minute} {half}",
        time_full="{hour} {half}",
        moment="{date}, {time}",
        halves=("a m", "p m"),
        minute_zero="oh ",
        day="ordinal",
        units={"h": ("{n} hour", "{n} hours"), "m": ("{n} minute", "{n} minutes"), "s": ("{n} second", "{n} seconds"),
               "d": ("{n} day", "{n} days")},
        cents="{units} {currency} and {cents} {cent}",
        currencies={"USD": ("dollar", "dollars"), "CAD": ("dollar", "dollars"), "AUD": ("dollar", "dollars"),
                    "EUR": ("euro", "euros"), "GBP": ("pound", "pounds"), "KRW": ("won", "won"), "JPY": ("yen", "yen")},
        cent={"USD": ("cent", "cents"), "CAD": ("cent", "cents"), "AUD": ("cent", "cents"), "EUR": ("cent", "cents"),
              "GBP": ("penny", "pence")},
        at="at",
        dot="dot",
    ),
)  # fmt: skip
