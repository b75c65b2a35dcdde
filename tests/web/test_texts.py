"""Every text of the pages has its Korean, with the same places for values."""

import re

from ivr.web.rendering import TEMPLATES
from ivr.web.texts import Texts

WEB = TEMPLATES.parent
TEXT = r"""(['"])((?:\\.|(?!\{n}).)*)\{n}"""
ONE = re.compile(r"(?<!\w)_\(\s*" + TEXT.replace("{n}", "1"))
MANY = re.compile(r"\bngettext\(\s*" + TEXT.replace("{n}", "1"))
PLACE = re.compile(r"%\(\w+\)s")


def texts_of_pages() -> dict[str, str]:
    """Text -> a file that says it."""
    files = [*TEMPLATES.rglob("*.html"), *(it for it in WEB.rglob("*.py") if it.name != "texts.py")]
    found: dict[str, str] = {}
    for file in files:
        source = file.read_text("utf-8")
        for match in [*ONE.finditer(source), *MANY.finditer(source)]:
            found.setdefault(match[2].replace("\\'", "'").replace('\\"', '"'), file.name)
    return found


def test_korean_is_whole() -> None:
    texts, found = Texts(), texts_of_pages()
    assert len(found) > 500
    assert [f"{file}: {text}" for text, file in found.items() if not texts.has("ko", text)] == []


def test_values_keep_their_places() -> None:
    translate = Texts().translator("ko")
    wrong = [it for it in texts_of_pages() if set(PLACE.findall(it)) != set(PLACE.findall(translate(it)))]
    assert wrong == []
