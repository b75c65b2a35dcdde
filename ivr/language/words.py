"""From text as people write it to words as recognizers hear them: lower case, no punctuation, digits as words."""

import re
import unicodedata

from ivr.language.table import language as lookup

_TOKEN = re.compile(r"[0-9]|[a-z]+(?:'[a-z]+)*|[^\W\d_]+", re.IGNORECASE)


def words(text: str, language: str) -> list[str]:
    """'Where is order 4567?' -> where is order four five six seven. Korean: 4567번 -> 사 오 육 칠 번."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("‘", "'")
    digits = lookup(language).say_digits
    return [digits.get(token, token) for token in _TOKEN.findall(plain)]


def sentence(text: str, language: str) -> str:
    """The same as one string."""
    return " ".join(words(text, language))
