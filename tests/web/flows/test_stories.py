"""An administrator's work by the routes that the pages use: edit, see the mistake, mend, test, publish, roll back."""

import io

import numpy as np
import pytest
import soundfile

from tests.versions.conftest import FLOW
from tests.web.flows.conftest import Site

pytestmark = pytest.mark.postgres
PATH = "shop/flow.yaml"


def test_edit_with_a_mistake_mend_test_publish_and_roll_back(site: Site) -> None:
    ann = site.of("ann")
    assert [row["flow"] for row in ann.get("/flows/list").json()] == ["shop"]
    began = ann.get("/flows/shop/draft").json()
    assert (began["base"], began["changed"]) == (0, [])
    first = ann.post("/flows/shop/publish", json={"note": "first", "seen": began["revision"]})
    assert first.json() == {"number": 1, "waits": False, "tests": 1}

    file = ann.get("/flows/shop/file", params={"path": PATH}).json()
    wrong = FLOW.replace("next: hours", "next: hour")
    told = ann.post("/flows/shop/check", json={"texts": {PATH: wrong}}).json()
    assert [(p["line"], p["code"]) for p in told["problems"] if p["severity"] == "error"] == [(8, "unknown_node")]
    assert "hours" in told["problems"][0]["mend"]
    assert not told["graph"]["whole"]
    saved = ann.put("/flows/shop/file", json={"path": PATH, "text": wrong, "seen": file["revision"]}).json()
    refused = ann.post("/flows/shop/publish", json={"note": "wrong", "seen": saved["revision"]})
    assert refused.status_code == 409
    assert "mistakes" in refused.json()["detail"]["reason"]

    closed = FLOW.replace("open at nine", "are closed")
    saved = ann.put("/flows/shop/file", json={"path": PATH, "text": closed, "seen": saved["revision"]}).json()
    assert ann.post("/flows/shop/check", json={}).json()["errors"] == 0
    tests = ann.post("/flows/shop/tests").json()
    assert not tests["holds"]
    assert tests["results"][0]["line"] == 2
    assert "open at" in tests["results"][0]["failure"]
    assert any("KeyPressed" in line or "keys" in line for line in tests["results"][0]["inside"])
    assert ann.post("/flows/shop/publish", json={"note": "fails", "seen": saved["revision"]}).status_code == 409

    mended = FLOW.replace("We open at nine", "We open at ten")
    saved = ann.put("/flows/shop/file", json={"path": PATH, "text": mended, "seen": saved["revision"]}).json()
    changes = ann.get("/flows/shop/diff").json()
    assert [(r["kind"], r["text"]) for r in changes[0]["rows"] if r["kind"] in ("gone", "new")] == [
        ("gone", "  hours: {type: hangup, say: We open at nine.}"),
        ("new", "  hours: {type: hangup, say: We open at ten.}"),
    ]
    stale = ann.post("/flows/shop/publish", json={"note": "ten", "seen": saved["revision"] - 1})
    assert stale.status_code == 409
    made = ann.post("/flows/shop/publish", json={"note": "ten", "seen": saved["revision"]}).json()
    assert made["number"] == 2
    assert ann.get("/flows/shop/draft").json()["changed"] == []

    assert ann.post("/flows/shop/rollback", json={"note": "no"}).json()["number"] == 1
    history = ann.get("/flows/shop/versions").json()
    assert [(v["number"], v["made_by"], v["note"], v["serves"]) for v in history["versions"]] == [
        (2, "ann", "ten", 0.0), (1, "ann", "first", 1.0),
    ]  # fmt: skip
    assert ann.post("/flows/shop/release", json={"number": 2, "share": 0.1}).status_code == 200
    assert ann.get("/flows/list").json()[0]["serves"] == [[2, 0.1], [1, 0.9]]
    assert [what for _, what, _ in site.told] == [
        "published version 1", "published version 2", "rollback of version 1", "release of version 2",
    ]  # fmt: skip


def test_two_administrators_lose_nothing(site: Site) -> None:
    ann, bob = site.of("ann"), site.of("bob")
    seen = ann.get("/flows/shop/file", params={"path": PATH}).json()["revision"]
    ann.put("/flows/shop/file", json={"path": PATH, "text": FLOW.replace("nine", "ten"), "seen": seen})
    mine = FLOW.replace("Welcome", "Hello")
    merged = bob.put("/flows/shop/file", json={"path": PATH, "text": mine, "seen": seen}).json()
    assert merged["merged"] == mine.replace("nine", "ten")
    assert merged["with"] == "ann"
    contradicts = bob.put("/flows/shop/file", json={"path": PATH, "text": FLOW.replace("nine", "six"), "seen": seen})
    assert contradicts.status_code == 409
    choice = contradicts.json()["detail"]
    assert "ten" in choice["theirs"]
    assert "six" in choice["both"]
    chosen = FLOW.replace("nine", "six")
    sent = {"path": PATH, "text": chosen, "seen": choice["revision"]}
    assert bob.put("/flows/shop/file", json=sent).json()["merged"] is None
    kept = bob.get("/flows/shop/saves", params={"path": PATH}).json()
    assert [one["by"] for one in kept] == ["bob", "bob", "ann", "ann"]
    assert kept[1]["text"] == merged["merged"]


def test_rights_and_lines(site: Site) -> None:
    viewer, editor = site.of("eve", "see"), site.of("ann", "see edit")
    assert viewer.get("/flows/list").status_code == 200
    for method, address in [("GET", "draft"), ("POST", "try"), ("POST", "tests"), ("PUT", "file")]:
        assert viewer.request(method, f"/flows/shop/{address}", json={}).status_code == 403, address
    for address in ("publish", "rollback", "release", "approve/1"):
        assert editor.post(f"/flows/shop/{address}", json={}).status_code == 403, address
    elsewhere = site.of("kim", "see edit publish", "cinema")
    assert elsewhere.get("/flows/list").json() == []
    assert elsewhere.get("/flows/shop/draft").status_code == 404
    assert elsewhere.post("/flows/shop/rollback", json={}).status_code == 404
    assert site.of("kim", lines="shop").get("/flows/shop/draft").status_code == 200


def test_a_second_person_must_approve(site: Site) -> None:
    site.place.second_approver = True
    ann, bob = site.of("ann"), site.of("bob")
    seen = ann.get("/flows/shop/draft").json()["revision"]
    assert ann.post("/flows/shop/publish", json={"note": "new", "seen": seen}).json()["waits"]
    assert ann.get("/flows/list").json()[0]["waits"] == [1]
    assert ann.post("/flows/shop/approve/1").status_code == 409
    assert bob.post("/flows/shop/approve/1").status_code == 200
    assert ann.get("/flows/list").json()[0]["serves"] == [[1, 1.0]]


def test_try_it_by_keys_words_and_silence(site: Site) -> None:
    ann = site.of("ann")
    one = ann.post("/flows/shop/try", json={}).json()
    assert one["said"] == ["Welcome. Hours, or address?"]
    asked = ann.post(f"/flows/try/{one['try']}", json={"waits": 6}).json()
    assert any("no_input" in line for line in asked["inside"])
    assert site.of("bob").post(f"/flows/try/{one['try']}", json={"says": "x"}).status_code == 404
    last = ann.post(f"/flows/try/{one['try']}", json={"says": "address"}).json()
    assert last["ended"]
    assert last["said"][-1].startswith("You find us")


def test_forms_examples_and_translations(site: Site) -> None:
    ann = site.of("ann")
    changes = [{"path": ["nodes", "hours", "say"], "value": "We open at ten, every day."}]
    made = ann.post("/flows/shop/form", json={"path": PATH, "text": f"# mine\n{FLOW}", "changes": changes}).json()
    assert '"We open at ten, every day."' in made["text"] or "'We open at ten, every day.'" in made["text"]
    assert made["text"].startswith("# mine\n")
    kept = ann.post("/flows/shop/examples", json={"intent": "opening", "phrase": "when do you open"}).json()
    assert kept["path"] == "shop/nlu.yml"
    assert ann.get("/flows/shop/intents").json() == ["opening"]
    texts = ann.get("/flows/shop/texts").json()
    assert texts["languages"] == ["en"]
    assert ["nodes", "welcome", "say"] in [row["path"] for row in texts["texts"]]
    assert ann.post("/flows/shop/format", json={"path": PATH, "text": "a:   1\n"}).json() == {"text": "a: 1\n"}


def test_prompts_are_heard_uploaded_and_taken_out(site: Site) -> None:
    ann = site.of("ann")
    assert {p["file"]: p["recording"] for p in ann.get("/flows/shop/prompts").json()}["prompts/hours.en.wav"] == ""
    heard = ann.get("/flows/shop/prompts/prompts/hours.en.wav")
    assert soundfile.info(io.BytesIO(heard.content)).samplerate == 8000
    out = io.BytesIO()
    soundfile.write(out, 0.2 * np.sin(np.arange(48_000) / 20), 48_000, format="WAV")
    kept = ann.put("/flows/shop/prompts/prompts/hours.en.wav", content=out.getvalue()).json()
    assert kept["seconds"] == pytest.approx(1.0, abs=0.01)
    row = next(p for p in ann.get("/flows/shop/prompts").json() if p["node"] == "hours")
    assert row["recording"] == "prompts/hours.en.wav"
    assert len(ann.get("/flows/shop/prompts/prompts/hours.en.wav").content) == pytest.approx(16_044, abs=200)
    gone = ann.delete("/flows/shop/prompts/prompts/hours.en.wav", params={"seen": row["revision"]})
    assert gone.status_code == 200
    assert ann.put("/flows/shop/prompts/prompts/hours.en.wav", content=out.getvalue()).status_code == 200, "a new one"
    for data in (b"<svg onload=alert(1)>", b""):
        assert ann.put("/flows/shop/prompts/prompts/hours.en.wav", content=data).status_code in (411, 422)
    assert ann.put("/flows/shop/prompts/prompts/../flow.yaml", content=out.getvalue()).status_code in (404, 405)
    assert ann.put("/flows/shop/prompts/prompts/nobody.en.wav", content=out.getvalue()).status_code == 404


def test_hostile_input_is_refused_or_told(site: Site) -> None:
    ann = site.of("ann")
    seen = ann.get("/flows/shop/draft").json()["revision"]
    assert ann.put("/flows/shop/file", content=b"x" * 3_000_001).status_code == 413
    assert ann.put("/flows/shop/file", json={"path": PATH, "text": "x" * 500_001, "seen": seen}).status_code == 422
    for path in ("../../etc/passwd", "lines.yaml", "shop/<script>.md", "other/flow.yaml", "shop/\u202efdp.md"):
        sent = {"path": path, "text": "x", "seen": 0}
        assert ann.put("/flows/shop/file", json=sent).status_code == 422, path
        assert ann.post("/flows/shop/check", json={"texts": {path: "x"}}).status_code == 422, path
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))
    for text in (bomb, "[" * 10_000, "flow: shop\nstart: a\nnodes: {'<script>alert(1)</script>': {type: say}}", "\x00"):
        assert ann.post("/flows/shop/check", json={"texts": {PATH: text}}).json()["errors"], text[:40]
    assert ann.get("/flows/nothing/draft").status_code == 404
    assert ann.get("/flows/shop/diff", params={"old": "1; drop table"}).status_code == 422
    assert ann.get("/flows/shop/diff", params={"old": "99999"}).status_code == 404
