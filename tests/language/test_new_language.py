"""A language is data: German made here out of words alone is heard, parsed and read back, by libraries and rules."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.commands.test import Run
from ivr.flow.acceptor import accept
from ivr.flow.field_grammar import add_field
from ivr.flow.net import Net
from ivr.language import fields
from ivr.language.base import rows
from ivr.language.english import ENGLISH
from ivr.language.spoken import say
from ivr.language.table import LANGUAGES
from ivr.language.value_words import Spoken, ValueWords, rules
from ivr.language.words import words
from ivr.tts.espeak import Espeak

AT = "2027-01-04T10:00:00+01:00"
_ONES = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
VALUES = ValueWords(
    ranges={"day": "ordinal 1..31", "month": "months", "weekday": "weekdays", "hour": "cardinal 1..24",
            "minute": "cardinal 1..59", "n": "cardinal 1..100", "cents": "cardinal 1..99",
            "year": "cardinal 1900..2099"},
    tables={"day": {"dritten": "3", "dritter": "3", "ersten": "1"}, "hour": {"ein": "1"}, "n": {"einer": "1"},
            "half": {"morgens": "am", "nachmittags": "pm", "abends": "pm"},
            "dayunit": {"tagen": "day", "wochen": "week"},
            "unit": {"stunden": "h", "stunde": "h", "minuten": "m"}, "currency": {"euro": "EUR"}},
    dates=rules("""
        [am] {day} {month} [{year}]     -> date
        heute                           -> shift 0 day
        morgen                          -> shift 1 day
        übermorgen                      -> shift 2 day
        [am] {weekday}                  -> weekday coming
        in {n} {dayunit}                -> shift n
    """),
    times=rules("""
        [um] {hour} uhr [{minute}] [{half}]   -> clock
        [um] halb {hour} [{half}]             -> to 30
    """),
    durations=rules("{n} {unit} [und] [{n} {unit}] -> sum"),
    amounts=rules("{number} {currency} [{cents}] -> parts"),
    currency="EUR", region="DE", scale=(1000, "tausend"),
    spoken=Spoken(
        date="{day} {month}", dated="{day} {month} {year}", time="{hour} Uhr {minute} {half}",
        time_full="{hour} Uhr {half}",
        moment="{date}, {time}", halves=("morgens", "abends"), day="ordinal", currencies={"EUR": ("Euro", "Euro")},
        units={"h": ("eine Stunde", "{n} Stunden"), "m": ("eine Minute", "{n} Minuten")},
    ),
)  # fmt: skip
GERMAN = replace(
    ENGLISH, code="de", name="German", yes=rows("ja, genau, richtig"), no=rows("nein, falsch"),
    corrections=rows("nein"),
    fillers=rows("äh, ähm"), before=rows("ich möchte"), after=rows("bitte, danke"),
    lead_ins=rows("das ist, meine nummer ist"),
    phrases=ENGLISH.phrases | {"and": "und", "yes": "ja", "no": "nein"},
    digits={word: str(n) for n, word in enumerate(_ONES)} | {"zwo": "2"}, homophones={}, repeats={}, digit_groups={},
    say_digits={str(n): word for n, word in enumerate(_ONES)}, tens={}, scales=frozenset(), values=VALUES,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    LANGUAGES["de"] = GERMAN
    yield
    del LANGUAGES["de"]


SAID = [
    ("date", "am dritten mai", "2027-05-03"),
    ("date", "äh übermorgen bitte", "2027-01-06"),
    ("date", "freitag", "2027-01-08"),
    ("date", "in zwei wochen", "2027-01-18"),
    ("time", "um halb vier nachmittags", "15:30"),
    ("time", "acht uhr fünfzehn abends", "20:15"),
    ("duration", "zwei stunden und dreißig minuten", "2h30m"),
    ("amount", "zwölf euro fünfzig", "12.50 EUR"),
    ("number", "fünfundvierzig", "45"),
    ("digits", "meine nummer ist zwo drei null eins", "2301"),
    ("phone", "null drei null eins zwei drei vier fünf sechs", "+4930123456"),
    ("postal_code", "eins null eins eins fünf", "10115"),
    ("yes_no", "ja genau", "yes"),
    ("email", "anna@example.de", "anna@example.de"),
]


@pytest.mark.parametrize(("field", "text", "value"), SAID)
def test_it_is_understood(field: str, text: str, value: str) -> None:
    assert [c.value for c in fields.parse(field, text, "de", {}, AT)][:1] == [value]


@pytest.mark.parametrize(("field", "text", "value"), [row for row in SAID if row[0] not in ("yes_no", "email")])
def test_the_step_hears_it(field: str, text: str, value: str) -> None:
    net = Net()
    end, begin = net.state(), net.state()
    net.fillers(0, GERMAN.fillers, 1.0)
    net.arc(0, begin)
    after = net.state()
    net.phrases(end, after, [(phrase.split(), 0.0, "", "") for phrase in GERMAN.after])
    net.arc(end, after)
    add_field(net, begin, end, field, "v", "de", {"length": "4"} if field == "digits" else {})
    found = accept(net.grammar("de", after, field, []), words(text, "de"))
    assert found is not None
    heard = found.slots["v"]
    assert (fields.parse(field, heard, "de", {}, AT)[0].value if fields.FIELDS[field].words else heard) == value


def test_it_is_read_back() -> None:
    assert say("2027-05-03", "date", "de") == "dritte Mai"
    assert say("20:15", "time", "de") == "acht Uhr fünfzehn abends"
    assert say("1h30m", "duration", "de") == "eine Stunde und dreißig Minuten"
    assert say("12 EUR", "amount", "de") == "zwölf Euro"
    assert say("4567", "digits", "de") == "vier fünf sechs sieben"


FLOW = """\
flow: laden
languages: [de]
start: frage
nodes:
  frage:
    type: menu
    say: Guten Tag. Möchten Sie bestellen, oder die Öffnungszeiten hören?
    options:
      - {intent: bestellen, key: "1", label: eine Bestellung, next: menge}
      - {phrases: [öffnungszeiten, wann haben sie offen], key: "2", label: die Öffnungszeiten, next: zeiten}
  menge:
    type: collect
    slots:
      tag: {field: date, say: An welchem Tag?, confirm: never}
      nummer:
        {field: digits, length: 4, say: Welche Nummer?, confirm: {when: always, say: "Richtig {nummer:digits}?"}}
    next: ende
  ende: {type: hangup, say: "Nummer {nummer:digits} kommt am {tag:date}. Auf Wiederhören."}
  zeiten: {type: hangup, say: Von neun bis fünf. Auf Wiederhören.}
"""
EXAMPLES = """\
version: "3.1"
nlu:
  - intent: bestellen
    examples: |
      - ich möchte etwas bestellen
      - eine bestellung aufgeben
      - ich will bestellen
      - etwas kaufen bitte
      - ich hätte gern etwas aus ihrem laden
      - liefern sie mir etwas
"""
TALKS = """\
- name: mit Worten
  call: {at: "2027-01-04T10:00:00+01:00"}
  talk:
    - hears: Möchten Sie bestellen
    - says: ich würde gern etwas bestellen
    - hears: An welchem Tag
    - says: äh übermorgen bitte
    - hears: Welche Nummer
    - says: meine nummer ist zwo drei null eins
    - hears: Richtig zwei drei null eins
    - says: genau
    - hears: zwei drei null eins kommt am sechste Januar
- name: mit Tasten
  talk:
    - hears: Möchten Sie bestellen
    - presses: "2"
    - hears: Von neun bis fünf
"""


def test_a_line_answers_in_it_by_words_and_by_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Examples learned, the step's grammar, fields, read-back, keys, and a voice: nothing but the language's data."""
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "flows" / "laden"
    folder.mkdir(parents=True)
    for name, text in (("flow.yaml", FLOW), ("nlu.yml", EXAMPLES), ("tests.yaml", TALKS)):
        (folder / name).write_text(text, encoding="utf-8")
    code = Run(tmp_path / "flows").once()
    assert code == 0, capsys.readouterr().out
    voice = Espeak()
    voice.load()
    assert "de" in voice.languages
    assert len(voice.synthesize("Guten Tag. Welche Nummer?", "de")) > 16000  # more than a second of 8 kHz PCM16
