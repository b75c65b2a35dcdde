"""Calls over HTTP: found, told, heard, corrected; rights, masks, audit, hostile values."""

from pathlib import Path

import pytest

from tests.web.calls.conftest import CALL, HOSTILE, OTHER_LINE, RIGHTS, SECRET, Site

pytestmark = pytest.mark.postgres
NUMBER = "+14155550123"


def test_found_told_heard_and_corrected(site: Site) -> None:
    client = site.of()
    found = client.get("/calls", params={"words": "four seven"}).json()["calls"]
    assert {call["id"] for call in found} == {CALL, OTHER_LINE}
    assert client.post(f"/calls/{CALL}/turns/1/corrections", json={"said": "4 2 11", "intent": "x"}).status_code == 204
    assert client.put(f"/calls/{CALL}/tags/To Train").status_code == 204
    assert client.put(f"/calls/{CALL}/rating", json={"stars": 4}).status_code == 204
    told = client.get(f"/calls/{CALL}").json()
    assert told["turns"][0]["heard_text"] == SECRET
    assert told["review"]["corrections"][0]["heard"] == SECRET
    assert told["review"]["ratings"][0]["stars"] == 4
    assert [row["there"] for row in told["recordings"]].count(True) == 1
    tagged = client.get("/calls", params={"tag": "to train"}).json()["calls"]
    assert [call["id"] for call in tagged] == [CALL]
    assert client.get("/calls/tags").json() == ["to train"]
    assert client.get(f"/calls/{CALL}/turns/1/partials").json() == [{"at_s": 1.2, "text": SECRET}]
    assert client.delete(f"/calls/{CALL}/tags/to train").status_code == 204
    assert client.get("/calls", params={"tag": "to train"}).json()["calls"] == []


def test_a_recording_is_sent_in_ranges_and_each_sight_is_audited(site: Site, filled: tuple[str, Path]) -> None:
    client = site.of()
    whole = (filled[1] / "day" / "one.wav").read_bytes()
    rows = client.get(f"/calls/{CALL}").json()["recordings"]
    site.told.clear()
    url = f"/calls/{CALL}/recordings/{[row['there'] for row in rows].index(True)}"
    assert client.get(url).content == whole
    part = client.get(url, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, whole[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert client.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert client.head(url).headers["content-length"] == str(len(whole))
    assert "attachment" in client.get(url, params={"download": "true"}).headers["content-disposition"]
    assert {what for _, what, _ in site.told} == {"recording", "download"}
    assert len(site.told) == 5


def test_a_file_outside_the_folder_or_gone_is_not_sent(site: Site) -> None:
    client = site.of()
    rows = client.get(f"/calls/{CALL}").json()["recordings"]
    site.told.clear()
    for number in [number for number, row in enumerate(rows) if not row["there"]] + [len(rows)]:
        assert client.get(f"/calls/{CALL}/recordings/{number}").status_code == 404
    assert len(rows) == 3
    assert site.told == []


def test_who_may_not_see_words_or_numbers_gets_none_anywhere(site: Site) -> None:
    client = site.of(hidden="words numbers")
    for path in ("/calls", f"/calls/{CALL}", "/calls/export.csv", "/calls/export.jsonl"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert NUMBER not in answer.text
        assert SECRET not in answer.text
        assert "script" not in answer.text
    assert client.get(f"/calls/{CALL}").json()["call"]["caller"] == "•••23"
    assert client.get("/calls", params={"words": "four"}).status_code == 403
    assert client.get("/calls", params={"number": "+1415*"}).status_code == 403
    assert client.get(f"/calls/{CALL}/turns/1/partials").status_code == 403
    assert client.post(f"/calls/{CALL}/turns/1/corrections", json={"said": "x"}).status_code == 403
    assert ("ann", "transcript", CALL) not in site.told


def test_transcripts_sip_and_exports_are_audited(site: Site) -> None:
    client = site.of()
    for path in (f"/calls/{CALL}", f"/calls/{CALL}/turns/1/partials", f"/calls/{CALL}/sip"):
        assert client.get(path).status_code == 200
    assert client.get("/calls/export.csv", params={"flow": "shop"}).headers["x-calls"] == "2"
    assert [what for _, what, _ in site.told] == ["transcript", "transcript", "sip", "export csv"]


def test_the_way_is_drawn_on_the_flow_as_it_was(site: Site) -> None:
    found = site.of().get(f"/calls/{CALL}/way").json()
    assert [(step["node"], step["t"]) for step in found["path"]] == [("menu", 5), ("bye", 90)]
    assert {node["id"] for node in found["pictures"]["shop"]["nodes"]} == {"menu", "bye"}
    assert found["number"] is None


def test_calls_of_other_lines_are_not_there(site: Site) -> None:
    client = site.of(lines="orders")
    assert [call["id"] for call in client.get("/calls").json()["calls"]] == [CALL]
    assert client.get("/calls/count").json() == {"calls": 1, "more": False}
    assert OTHER_LINE not in client.get("/calls/export.csv").text
    for path in ("", "/way", "/turns/1/partials", "/sip", "/recordings/0"):
        assert client.get(f"/calls/{OTHER_LINE}{path}").status_code == 404
    assert client.post(f"/calls/{OTHER_LINE}/notes", json={"note": "x"}).status_code == 404
    assert client.put(f"/calls/{OTHER_LINE}/tags/x").status_code == 404
    assert site.told == [("ann", "export csv", "{}")]


def test_every_route_refuses_who_has_no_right(site: Site) -> None:
    asked = 0
    for path, methods in site.app.openapi()["paths"].items():
        filled = path.format(call=CALL, turn=1, number=0, tag="x", name="x", kind="csv")
        for method in methods:
            body = {"note": "x", "stars": 1, "said": "x", "filters": {}} if method in ("post", "put") else None
            refused = site.of(rights="other").request(method.upper(), filled, json=body)
            assert refused.status_code == 403, f"{method} {path}"
            asked += 1
    assert asked == 17
    assert site.of(rights="other").head(f"/calls/{CALL}/recordings/0").status_code == 403
    assert site.told == []


def test_saved_searches(site: Site) -> None:
    client = site.of()
    filters = {"flow": ["shop"], "words": ['"my order"']}
    assert client.put("/calls/searches/mine", json={"filters": filters}).status_code == 204
    assert client.get("/calls/searches").json() == {"mine": filters}
    assert client.put("/calls/searches/bad", json={"filters": {"since": ["x"]}}).status_code == 422
    assert client.delete("/calls/searches/mine").status_code == 204
    assert client.get("/calls/searches").json() == {}


def test_hostile_values_come_as_data_and_bad_ones_are_refused(site: Site) -> None:
    client = site.of()
    kept = HOSTILE.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    answer = client.get(f"/calls/{OTHER_LINE}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["call"]["caller"] == kept
    assert answer.json()["turns"][1]["heard_text"] == kept
    assert "drop table" in client.get(f"/calls/{OTHER_LINE}/sip").json()[0]["text"]
    for path, status in (("/calls/no-id", 422), (f"/calls/{CALL[:-1]}9", 404), ("/calls?after=x", 422),
                         ("/calls?limit=0", 422), ("/calls?confidence_max=9", 422), ("/calls?words=%00", 422),
                         ("/calls/export.exe", 422), (f"/calls/{CALL}/turns/99999999999/partials", 422)):  # fmt: skip
        assert client.get(path).status_code == status, path
    assert client.post(f"/calls/{CALL}/notes", content=b"x" * 3_000_001).status_code == 413
    assert client.post(f"/calls/{CALL}/turns/9/corrections", json={"said": "x"}).status_code == 422
    assert site.of(RIGHTS).get("/calls").status_code == 200
