"""Every text of the flows' pages has its Korean."""

import re

from ivr.web.rendering import TEMPLATES
from ivr.web.texts import Texts

ONE = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'")
MANY = re.compile(r"\bngettext\('([^']*)'")


def test_korean_is_whole() -> None:
    texts, missing = Texts(), set()
    for template in (TEMPLATES / "flows").glob("*.html"):
        source = template.read_text("utf-8")
        found = [*ONE.findall(source), *MANY.findall(source)]
        missing |= {(template.name, it) for it in found if not texts.has("ko", it)}
    assert len(list((TEMPLATES / "flows").glob("*.html"))) > 5
    assert not missing
