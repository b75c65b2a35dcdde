"""A VoiceXML application becomes a flow that passes `ivr check`; what is code is listed; hostile files stay text."""

from pathlib import Path
from typing import Any

import pytest

from ivr.insight.importing.draft import Draft, ImportFailed
from ivr.insight.importing.voicexml import imported
from ivr.services.flow_files import load_folder

HEAD = '<?xml version="1.0"?><vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'
MAIN = (
    HEAD
    + """
<menu id="main" dtmf="true">
  <prompt>Welcome to Acme. Say one of <enumerate/></prompt>
  <choice next="#track">track a parcel</choice>
  <choice next="order.vxml">order something</choice>
  <choice next="elsewhere.vxml#x">elsewhere</choice>
  <noinput count="1"><prompt>I did not hear you.</prompt></noinput>
  <nomatch>Sorry {name}.</nomatch>
</menu>
<form id="track">
  <block><prompt>We look for it. <audio src="beep.wav"/></prompt></block>
  <field name="parcel" type="digits?minlength=4;maxlength=8"><prompt>What is its number?</prompt></field>
  <field name="call" type="boolean"><prompt>Shall we call you about <value expr="parcel"/>?</prompt></field>
  <filled><if cond="call"><prompt>Yes</prompt></if>
    <submit next="https://acme.example/track" namelist="parcel call"/></filled>
</form>
</vxml>"""
)
ORDER = (
    HEAD
    + """
<form id="size">
  <field name="size">
    <prompt>Which size?</prompt>
    <option dtmf="1" value="S">small</option><option dtmf="2" value="L">large</option>
    <filled><prompt>You chose <value expr="size"/>.</prompt><goto next="#colour"/></filled>
  </field>
</form>
<form id="colour">
  <field name="colour"><prompt>Which colour?</prompt>
    <grammar root="c"><rule id="c"><one-of><item>red</item><item>blue</item></one-of></rule></grammar></field>
  <filled><submit next="/cgi/buy.jsp"/></filled>
  <script>alert(1)</script>
</form>
</vxml>"""
)


def draft_of(folder: Path, **files: str) -> Draft:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.vxml").write_text(text)
    return imported(folder, "shop")


def errors(folder: Path, draft: Draft) -> list[str]:
    """Of `ivr check`."""
    target = folder / "flows" / draft.name
    target.mkdir(parents=True)
    for name, text in draft.files().items():
        (target / name).write_text(text)
    return [str(problem) for problem in load_folder(target).errors]


def test_dialogs_become_nodes(tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "in", main=MAIN, order=ORDER)
    assert errors(tmp_path, draft) == []
    assert draft.start == "main"
    nodes: dict[str, Any] = draft.nodes
    assert [(it["phrases"], it["key"], it["next"]) for it in nodes["main"]["options"]] == [
        (["track a parcel"], "1", "track"), (["order something"], "2", "size"), (["elsewhere"], "3", "bye"),
    ]  # fmt: skip
    assert nodes["main"]["no_match"][0] == {"say": "Sorry name."}
    assert nodes["track"]["type"] == "say"
    asks = nodes[nodes["track"]["next"]]
    assert (asks["slots"]["parcel"]["field"], asks["slots"]["parcel"]["length"]) == ("digits", "4..8")
    assert asks["slots"]["call_value"]["say"] == "Shall we call you about {parcel|that}?"
    sends = nodes[asks["next"]]
    assert sends["http"]["body"] == {"parcel": "{parcel|}", "call_value": "{call_value|}"}
    assert [it["value"] for it in nodes["size"]["slots"]["size"]["choices"]] == ["S", "L"]
    assert nodes[nodes["size"]["next"]]["say"] == "You chose {size|that}."
    assert nodes[nodes[nodes["size"]["next"]]["next"]]["slots"]["colour"]["choices"][1]["value"] == "blue"
    left = draft.report()
    for what in ("beep.wav", "<if\\>".replace("<", "\\<"), "script", "elsewhere.vxml", "acme.example"):
        assert what in left


BOMB = '<!DOCTYPE v [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE v [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "text",
    [
        BOMB + HEAD.removeprefix('<?xml version="1.0"?>') + "<form><block>&b;</block></form></vxml>",
        FILE + HEAD.removeprefix('<?xml version="1.0"?>') + "<form><block>&f;</block></form></vxml>",
        HEAD + "<form>" * 3000 + "</form>" * 3000 + "</vxml>",
        HEAD + "<form>",
        "",
        "<html/>",
        HEAD + "</vxml>",
    ],
)
def test_a_hostile_document_is_left(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImportFailed):
        draft_of(tmp_path / "in", main=text)


@pytest.mark.parametrize(
    "text", ["{config.key}", "${x} {{y}} }{", "*a &b #c: [d]", "!!python/object:os.system", "'\"|>%@`", "x" * 9000]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    from xml.sax.saxutils import escape, quoteattr

    body = f"<form id={quoteattr(text)}><field name={quoteattr(text)}><prompt>{escape(text)} so</prompt></field>"
    body += f"<filled><submit next={quoteattr(text)}/></filled></form>"
    draft = draft_of(tmp_path / "in", main=HEAD + body + "</vxml>")
    assert errors(tmp_path, draft) == []
    assert "config.key}" not in draft.files()["flow.yaml"]
