"""What the sections tell over HTTP: figures, links that find what they count, rights, times that cannot be meant."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from ivr.insight import call_search
from ivr.insight.call_filter import CallFilter
from ivr.records import audit
from ivr.web.insight.parts import PARTS
from ivr.web.texts import Texts
from tests.web.conftest import Site
from tests.web.insight.conftest import HOSTILE, RANGE

pytestmark = pytest.mark.postgres
ROW = re.compile(r'<th scope="row">(?:<bdi>)?([^<]*).*?</tr>', re.S)


def table(page: str, name: str) -> dict[str, list[tuple[str, str]]]:
    """Label -> cells as (text, link)."""
    found = re.search(rf'<table data-name="{name}">.*?</table>', page, re.S)
    assert found, name
    rows = {}
    for row in ROW.finditer(found[0]):
        cells = re.findall(r'<td[^>]*>(?:<a href="([^"]*)">|<bdi>)([^<]*)', row[0])
        rows[row[1].strip()] = [(told, link.replace("&amp;", "&")) for link, told in cells]
    return rows


def part(site: Site, name: str, role: str = "supervisor", lines: list[str] | None = None, asked: str = RANGE) -> str:
    client = site.client(role, lines)
    answer = client.get(f"/insight/parts/{name}?{asked}", headers={"hx-request": "true", "accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert "<script>alert" not in answer.text
    return answer.text


def test_each_link_finds_as_many_calls_as_the_figure_says(filled: Site) -> None:
    with filled.engine.begin() as db:
        from ivr.records import search_rows

        ids = [str(it) for it in db.execute(text("select id from ivr.calls")).scalars()]
        search_rows.refresh(db, ids)
    looked = 0
    for section, name in (("calls", "totals"), ("calls", "offered"), ("calls", "ended"), ("nodes", "reached"),
                          ("when", "languages"), ("when", "again")):  # fmt: skip
        for label, cells in table(part(filled, section), name).items():
            for told, link in cells:
                if not link:
                    continue
                with filled.engine.connect() as db:
                    found = call_search.count(db, CallFilter.read(parse_qs(urlsplit(link).query)))
                if name == "languages":
                    assert int(told) <= found, "those who heard busy have a language too"
                else:
                    assert int(told) == found, (section, name, label, link)
                looked += 1
    assert looked > 40


def test_figures_follow_the_lines_of_the_choice_and_of_the_visitor(filled: Site) -> None:
    def offered(role: str, lines: list[str] | None, asked: str) -> str:
        return table(part(filled, "calls", role, lines, asked), "totals")["offered"][0][0]

    assert offered("supervisor", None, RANGE) == "140"
    assert offered("supervisor", None, f"{RANGE}&line=orders") == "112"
    assert offered("supervisor", ["other"], RANGE) == "28"
    assert offered("supervisor", ["other"], f"{RANGE}&line=orders") == "0", "not theirs"


def test_numbers_and_words_are_masked_and_words_shown_are_told(filled: Site) -> None:
    viewer = part(filled, "when", "viewer")
    assert "+1415555" not in viewer
    assert "•••" in viewer
    assert "number=" not in viewer
    assert "parcel" not in part(filled, "questions", "viewer")
    words = part(filled, "questions", "auditor")
    assert "where is my parcel" in words
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words
    with filled.engine.connect() as db:
        told = audit.read(db, what="insight.")
    assert {it.role for it in told} == {"auditor"}


@pytest.mark.parametrize("asked", [
    "since=yesterday", "since=2027-01-11&until=2027-01-10", "since=2027-01-11", "zone=Mars/Olympus", "zone=../../etc",
    "since=0001-01-01&until=0001-01-02", "since=1000-01-01&until=2027-01-01", "range=month", "step=second",
    "since=2027-01-01T00:00%2B09:00&until=2027-01-02T00:00%2B09:00", "since=2000-01-01&until=2009-01-01&step=hour",
    "zone=%00", "since=%00",
])  # fmt: skip
def test_what_cannot_be_meant_is_told(filled: Site, asked: str) -> None:
    answer = filled.client("viewer").get(f"/insight?{asked}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked", ["range=7d", "range=week", "line=" + "x" * 100, f"flow={HOSTILE}", "line=&flow=&zone="]
)
def test_ranges_and_hostile_names_are_shown(filled: Site, asked: str) -> None:
    for path in ("/insight", *(f"/insight/parts/{name}" for name in PARTS)):
        answer = filled.client("viewer", page=True).get(f"{path}?{asked}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text


def test_a_day_on_which_the_clock_changes_is_whole(filled: Site) -> None:
    asked = "since=2027-03-13&until=2027-03-14&zone=America/New_York&step=day"
    times = re.findall(r'data-at="([\d.]+)"', part(filled, "calls", asked=asked))
    assert [float(it) for it in times[:2]] == [1804914000.0, 1805000400.0]
    hours = part(filled, "delays", asked=asked.replace("step=day", "step=hour"))
    assert len(re.findall(r'data-at="', hours)) == 47


def test_every_title_has_its_korean() -> None:
    texts = Texts()
    assert not [title for title, _ in PARTS.values() if not texts.has("ko", title)]
