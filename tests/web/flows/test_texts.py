"""Every text of the flows' pages has its Korean."""

import re

from ivr.web.bundles import SOURCES
from ivr.web.flows.editor_words import WORDS
from ivr.web.rendering import TEMPLATES
from ivr.web.texts import Texts

ONE = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'")
SCRIPT = re.compile(r'\bt\("((?:[^"\\]|\\.)*)"')
MANY = re.compile(r"\bngettext\('([^']*)'")


def test_korean_is_whole() -> None:
    texts, missing = Texts(), set()
    for template in (TEMPLATES / "flows").glob("*.html"):
        source = template.read_text("utf-8")
        found = [*ONE.findall(source), *MANY.findall(source)]
        missing |= {(template.name, it) for it in found if not texts.has("ko", it)}
    missing |= {("a script", it) for it in WORDS if not texts.has("ko", it)}
    assert len(list((TEMPLATES / "flows").glob("*.html"))) > 5
    assert not missing


def test_the_scripts_say_nothing_that_is_not_translated() -> None:
    said = {
        it
        for file in [SOURCES / "flows.js", *(SOURCES / "flows").glob("*.js")]
        for it in SCRIPT.findall(file.read_text("utf-8"))
    }
    assert len(said) > 20
    assert said <= set(WORDS)
