"""From text as people write it to words as recognizers hear them: lower case, no punctuation, digits as words."""

import re
import unicodedata

from ivr.language.spoken import say
from ivr.language.table import language as lookup

_TOKEN = re.compile(r"[0-9]|[a-z\u00e0-\u024f]+(?:'[a-z\u00e0-\u024f]+)*|[^\W\d_]+", re.IGNORECASE)


def words(text: str, language: str) -> list[str]:
    """'Where is order 4567?' -> where is order four five six seven. Korean: 4567번 -> 사 오 육 칠 번."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("‘", "'")
    digits = lookup(language).say_digits
    return [digits.get(token, token) for token in _TOKEN.findall(plain)]


def sentence(text: str, language: str) -> str:
    """The same as one string."""
    return " ".join(words(text, language))


_VALUE = re.compile(
    r"[0-9][0-9,]*(?:\.[0-9]+)?(?:st|nd|rd|th)?(?![0-9])|[a-z\u00e0-\u024f]+(?:'[a-z\u00e0-\u024f]+)*|[^\W\d_]+|[$€£₩¥%]"
)
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW", "¥": "JPY"}


def spoken_words(text: str, language: str) -> list[str]:
    """As `words`, but numerals are said as numbers: 'May 13th' -> may thirteenth, '$12.50' -> twelve point five zero
    usd. Numerals with a leading zero or more than nine digits are said digit by digit."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("‘", "'")
    found: list[str] = []
    symbol = ""
    for token in _VALUE.findall(plain):
        if token in _SYMBOLS:
            symbol = _SYMBOLS[token].lower()
            if found and text.strip()[-1:] == token:
                found.append(symbol)
                symbol = ""
            continue
        if token[0].isdigit():
            found += _number_words(token.replace(",", ""), language)
            found += [symbol] if symbol else []
            symbol = ""
        elif token != "%":
            found.append(token)
    return found


def _number_words(token: str, language: str) -> list[str]:
    data = lookup(language)
    ordinal = token[-1].isalpha()
    whole, _, fraction = token.rstrip("abcdefghijklmnopqrstuvwxyz").partition(".")
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > 9:
        return [data.say_digits[c] for c in whole]
    said = words(say(whole, "ordinal" if ordinal else "number", language), language)
    return said + ([data.values.point, *(data.say_digits[c] for c in fraction)] if fraction else [])
