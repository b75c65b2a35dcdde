"""Every text of the pages has its Korean, with the same places for values."""

import re
from typing import get_args, get_type_hints

from ivr.actions import Answered, BargedIn
from ivr.events import HungUp
from ivr.web.passwords import weakness
from ivr.web.people.routes import LAST
from ivr.web.rendering import TEMPLATES
from ivr.web.rights import ROLES
from ivr.web.sign_in import routes, second_factor
from ivr.web.texts import Texts

WEB = TEMPLATES.parent
TEXT = r"""(['"])((?:\\.|(?!\{n}).)*)\{n}"""
ONE = re.compile(r"(?<!\w)_\(\s*" + TEXT.replace("{n}", "1"))
MANY = re.compile(r"\bngettext\(\s*" + TEXT.replace("{n}", "1"))
PLACE = re.compile(r"%\(\w+\)s")
PROBLEM = re.compile(r"""(?:\bproblem=|_(?:page|setup|failed)\(request, (?:visitor, )?)"([^"]+)\"""")


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


def test_words_of_records_have_their_korean() -> None:
    """What templates translate by name: `_(turn.result)`."""
    hints = [(HungUp, "by"), (BargedIn, "by"), (Answered, "result"), (Answered, "how")]
    words = [*ROLES, *(word for kind, name in hints for word in get_args(get_type_hints(kind)[name]))]
    assert len(words) > 15
    texts = Texts()
    assert [it for it in words if not texts.has("ko", it)] == []


def test_problems_have_their_korean() -> None:
    """What forms answer, as `_(problem)`."""
    files = [file for area in ("people", "sign_in", "home") for file in (WEB / area).glob("*.py")]
    told = {it for file in files for it in PROBLEM.findall(file.read_text("utf-8"))}
    assert len(told) > 5
    told |= {LAST, routes.WRONG, routes.TOO_MANY, second_factor.WRONG, second_factor.TOO_MANY}
    told |= {weakness("a"), weakness("a" * 501), weakness("a" * 10)}
    texts = Texts()
    assert [it for it in sorted(told) if not texts.has("ko", it)] == []
