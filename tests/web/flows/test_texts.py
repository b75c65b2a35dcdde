"""Every text of the editor's scripts has its Korean; those of templates: tests/web/test_texts.py."""

import re

from ivr.web.bundles import SOURCES
from ivr.web.flows.editor_words import WORDS
from ivr.web.texts import Texts

SCRIPT = re.compile(r'\bt\("((?:[^"\\]|\\.)*)"')


def test_the_scripts_words_have_their_korean() -> None:
    texts = Texts()
    assert [it for it in WORDS if not texts.has("ko", it)] == []


def test_the_scripts_say_nothing_that_is_not_translated() -> None:
    said = {
        it
        for file in [SOURCES / "flows.js", *(SOURCES / "flows").glob("*.js")]
        for it in SCRIPT.findall(file.read_text("utf-8"))
    }
    assert len(said) > 20
    assert said <= set(WORDS)
