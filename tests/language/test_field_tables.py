"""Every ready-made field in every language against its table of spoken examples (tables/<field>.<language>.yaml)."""

from pathlib import Path

import pytest

from ivr.flow.acceptor import accept
from ivr.flow.field_grammar import FIELD_NETS, add_field
from ivr.flow.grammar import Grammar
from ivr.flow.net import Net
from ivr.insight.field_tables import Example, examples, files, report
from ivr.language import fields
from ivr.language.spoken import say
from ivr.language.table import LANGUAGES
from ivr.language.words import words

TABLES = Path(__file__).parent / "tables"
SPOKEN_EXAMPLES, REFUSED_EXAMPLES = 25, 8


@pytest.mark.parametrize("file", files(TABLES), ids=lambda file: file.stem)
def test_what_is_said_and_what_is_refused(file: Path) -> None:
    rows = examples(file)
    wrong = [f"{row.text!r}: {row.heard()!r}, not {row.value!r}" for row in rows if row.heard() != row.value]
    assert wrong == []


@pytest.mark.parametrize("field", fields.names())
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_field_has_a_table_in_every_language(field: str, code: str) -> None:
    rows = examples(TABLES / f"{field}.{code}.yaml")
    assert {(row.field, row.language) for row in rows} == {(field, code)}
    assert sum(bool(row.value) for row in rows) >= SPOKEN_EXAMPLES
    assert sum(not row.value for row in rows) >= REFUSED_EXAMPLES


def test_the_report_counts_them() -> None:
    found = report(TABLES)
    assert len(found) == len(list(fields.names())) * len(LANGUAGES)
    assert all(row.passed == row.said + row.refused for row in found.values())


def grammar(field: str, code: str, settings: dict[str, object]) -> Grammar:
    net = Net()
    begin, last = net.state(), net.state()
    net.arc(0, begin)
    add_field(net, begin, last, field, "v", code, settings)
    return net.grammar(code, last, field, [])


def held(row: Example) -> str | None:
    """What the step's grammar makes of it: marks that are the value, or words that are parsed; None: outside."""
    parse = accept(grammar(row.field, row.language, dict(row.settings)), words(row.text, row.language))
    if parse is None or "v" not in parse.slots:
        return None
    if not fields.FIELDS[row.field].words:
        return parse.slots["v"]
    found = fields.parse(row.field, parse.slots["v"], row.language, row.settings, row.at)
    return found[0].value if found else ""


IN_GRAMMAR = [
    ("digits", "en", "four five no four five six seven", {"length": "4..8"}, "4567"),
    ("digits", "en", "my number is um double four fifteen", {"length": "4..8"}, "4415"),
    ("number", "en", "twelve thousand three hundred and five", {}, "12305"),
    ("number", "en", "three point five", {}, "3.5"),
    ("number", "en", "six", {"range": "1..12"}, "6"),
    ("number", "en", "thirteen", {"range": "1..12"}, None),
    ("number", "ko", "오만 삼천이백", {}, "53200"),
    ("number", "ko", "스물셋이요", {}, "23"),
    ("amount", "en", "twelve dollars and fifty cents", {}, "12.50 USD"),
    ("amount", "ko", "만 이천 원이요", {}, "12000 KRW"),
    ("date", "en", "um the day after tomorrow", {}, "2027-01-06"),
    ("date", "en", "tuesday sorry wednesday", {}, "2027-01-06"),
    ("date", "en", "may the um twenty third", {}, "2027-05-23"),
    ("date", "ko", "다음 주 금요일이요", {}, "2027-01-15"),
    ("time", "en", "half past three in the afternoon", {}, "15:30"),
    ("time", "ko", "오후 세 시 반", {}, "15:30"),
    ("duration", "en", "an hour and a half", {}, "1h30m"),
    ("duration", "ko", "한 시간 반", {}, "1h30m"),
    ("phone", "en", "it's four one five five five five zero one two three", {}, "+14155550123"),
    ("phone", "en", "plus four four two oh seven nine four six oh nine five eight", {}, "+442079460958"),
    ("phone", "ko", "공일공 일이삼사 오육칠팔", {}, "+821012345678"),
    ("phone", "en", "four one five", {}, None),
    ("spelling", "en", "m as in mike double l four", {}, "MLL4"),
    ("spelling", "en", "alpha b one two three four", {"pattern": "AA9999"}, "AB1234"),
    ("spelling", "en", "one two alpha b", {"pattern": "AA9999"}, None),
    ("spelling", "ko", "에이 비 일 이", {}, "AB12"),
    ("postal_code", "en", "nine four one oh three", {}, "94103"),
    ("postal_code", "en", "k one a oh b one", {"country": "CA"}, "K1A 0B1"),
    ("yes_no", "en", "that would be great", {}, "yes"),
    ("yes_no", "ko", "그거 아니에요", {}, "no"),
    ("date", "en", "where is my order", {}, None),
]


@pytest.mark.parametrize(("field", "code", "text", "settings", "value"), IN_GRAMMAR)
def test_the_grammar_of_the_step(field: str, code: str, text: str, settings: dict[str, str], value: str | None) -> None:
    row = Example(field, code, text, value or "", settings, "2027-01-04T10:00:00-05:00")
    assert held(row) == value


SHARE = 0.5
"""Tables hold what is said with other words around it; at least so many of their rows are whole sentences of the
step's grammar, and none means something else there."""


@pytest.mark.parametrize("field", sorted(FIELD_NETS))
@pytest.mark.parametrize("code", LANGUAGES)
def test_grammar_and_parser_agree(field: str, code: str) -> None:
    rows = [row for row in examples(TABLES / f"{field}.{code}.yaml") if row.value]
    net = {id(row.settings): grammar(field, code, dict(row.settings)) for row in rows}
    heard = [(row, accept(net[id(row.settings)], words(row.text, code))) for row in rows]
    inside = [(row, parse) for row, parse in heard if parse is not None]
    wrong = []
    for row, parse in inside:
        value = parse.slots.get("v", "")
        if fields.FIELDS[field].words:
            found = fields.parse(field, value, code, row.settings, row.at)
            value = found[0].value if found else ""
        if value != row.value:
            wrong.append((row.text, value, row.value))
    assert wrong == []
    assert len(inside) / len(rows) >= SHARE


READ_BACK = ["digits", "number", "amount", "date", "time", "duration", "phone", "yes_no"]


@pytest.mark.parametrize("field", READ_BACK)
@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_read_back_is_understood_again(field: str, code: str) -> None:
    """A prompt says the value so that the field, hearing it, finds the same value (dates with their year)."""
    for row in examples(TABLES / f"{field}.{code}.yaml"):
        abroad = field == "phone" and not row.value.startswith({"en": "+1", "ko": "+82"}[code])
        if not row.value or abroad or row.at == "" or row.settings.get("half"):
            continue
        form = "full_date" if field == "date" else fields.read_back(field, row.settings)
        spoken = say(row.value, form, code)
        again = fields.parse(field, spoken, code, row.settings, row.at)
        assert [c.value for c in again][:1] == [row.value], spoken
