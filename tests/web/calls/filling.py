"""Calls as the pages' tests find them in the database: a whole one with its sound, a hostile one, and many."""

import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.insight import call_review
from ivr.records import store
from ivr.records.fold import CallFold
from ivr.services.flow_files import load_folder

WHOLE = "01930000-0000-7000-8000-0000000000a1"
HOSTILE = "01930000-0000-7000-8000-0000000000a2"
BARE = "01930000-0000-7000-8000-0000000000a3"
"""Answered by nobody: no turn, no recording."""
ATTACK = (
    "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">\u202edesrever\u2066 \"'&{{7*7}}"
)
LONG = "<b>very long</b> " + "word" * 30_000
BEGAN = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
SECONDS = 24
INVITE = """INVITE sip:orders@192.0.2.1 SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1\r
From: "Ann" <sip:+14155550123@192.0.2.7>;tag=1\r
To: <sip:orders@192.0.2.1>\r
Call-ID: abc@192.0.2.7\r
CSeq: 1 INVITE\r
Content-Length: 0\r
\r
"""


def _sip(first: str, sent: bool, leg: str = "caller", second: int = 0) -> j.SipMessage:
    text = f"{first}\r\nCall-ID: abc@192.0.2.7\r\nCSeq: 1 INVITE\r\n\r\n"
    return j.SipMessage(text=text, sent=sent, leg=leg, at=f"2027-01-04T09:00:{second:02}Z")


def whole(version: str) -> list[j.Entry]:
    """Three turns: heard and understood, keys, a transfer. Sounds for SECONDS."""
    return [
        j.Opened(at="2027-01-04T09:00:00Z", caller="+14155550123", dialled="orders", line="orders", flow="orders",
                 version=version, node="m1", sip_call_id="abc@192.0.2.7", peer="192.0.2.7"),
        j.SipMessage(text=INVITE, at="2027-01-04T09:00:00Z"), _sip("SIP/2.0 180 Ringing", True),
        _sip("SIP/2.0 200 OK", True), _sip("ACK sip:orders@192.0.2.1 SIP/2.0", False),
        j.CallAnswered(at="2027-01-04T09:00:01Z", codec="PCMU"), a.SetLanguage(language="en"),
        j.RecordingStarted(path="day/whole.wav", from_t=10),
        a.NodeEntered(t=5, flow="orders", node="welcome", node_type="menu", visit=1),
        a.Asked(t=10, turn=1, node="welcome", text="Welcome. You can ask where an order is.", input=["speech", "keys"]),
        a.Say(id=1, t=10, turn=1, text="Welcome. You can ask where an order is.", language="en"),
        e.PromptStarted(id=1, t=12, turn=1, sources=["recorded"]),
        e.VoiceStarted(t=180, turn=1, voice_t=175), a.BargedIn(id=1, t=182, turn=1, by="voice", played_t=170),
        e.Partial(turn=1, t=200, text="where is"), e.Partial(turn=1, t=230, text="where is my order"),
        e.EmotionHeard(turn=1, t=250, emotion="calm", confidence=0.7, calm=0.7),
        e.VoiceStopped(t=262, turn=1, voice_t=250), a.EndListening(id=2, t=280, turn=1, until_t=262),
        e.Heard(id=2, t=290, turn=1, decode_s=0.12, engine="moonshine", hypotheses=[
            e.Hypothesis(text="where is my order", confidence=0.91, score=-3.2, source="moonshine:held"),
            e.Hypothesis(text="wear is my border", confidence=0.2, score=-8.1, source="moonshine:free")]),
        e.Understood(id=3, t=294, turn=1, source="rasa", understand_s=0.08, text="where is my order", intents=[
            e.IntentScore(name="order_status", confidence=0.88), e.IntentScore(name="cancel_order", confidence=0.09)]),
        a.Answered(t=294, turn=1, node="welcome", text="where is my order", intent="order_status", confidence=0.88),
        a.NodeEntered(t=295, turn=1, flow="orders", node="which_order", node_type="collect", visit=1, why="option"),
        a.Say(id=4, t=295, turn=1, text="What is the number of the order?", language="en"),
        e.PromptStarted(id=4, t=310, turn=1, sources=["piper"]),
        a.Asked(t=296, turn=2, node="which_order", part="order_id", text="What is the number of the order?"),
        e.PromptDone(id=4, t=420, turn=2, frames=110),
        e.KeyPressed(t=500, turn=2, key="4", seq=90),
        a.KeysTaken(t=560, turn=2, node="which_order", keys="4567#", seqs=[90]),
        a.Answered(t=560, turn=2, node="which_order", how="keys", text="4567", confidence=1.0,
                   slots={"order_id": "4567"}),
        a.SlotFilled(turn=2, name="order_id", value="4567"),
        a.NodeEntered(t=561, turn=2, flow="orders", node="lookup", node_type="query", visit=1, why="next"),
        a.Query(id=5, t=561, turn=2, node="lookup", kind="sql", request={}),
        e.Queried(id=5, t=590, turn=2, status="ok", query_s=0.58),
        a.NodeEntered(t=591, turn=2, flow="orders", node="route", node_type="branch", visit=1, why="next"),
        a.NodeEntered(t=592, turn=2, flow="orders", node="agent", node_type="transfer", visit=1, why="else"),
        a.Asked(t=600, turn=3, node="agent", text="I connect you."),
        e.Heard(id=7, t=640, turn=3, hypotheses=[], engine="moonshine", in_grammar=False),
        a.Answered(t=650, turn=3, node="agent", how="none", result="no_input"),
        a.Transfer(id=8, t=700, turn=3, to="sales", uri="sip:agent@192.0.2.9", kind="attended",
                   headers={"X-Reason": "no order"}),
        _sip("INVITE sip:agent@192.0.2.9 SIP/2.0", True, "agent", 14),
        _sip("SIP/2.0 200 OK", False, "agent", 15),
        e.TransferDone(id=8, t=800, turn=3, ok=True, how="bridge", sip_status=200),
        j.Trouble(t=900, turn=3, part="rasa", what="late, built-in understands"),
        a.Finished(outcome="transferred", at="agent", failures=1), e.HungUp(by="caller"),
        _sip("BYE sip:orders@192.0.2.1 SIP/2.0", False, second=25),
        j.RecordingStopped(path="day/whole.wav", frames=SECONDS * 50),
        j.Closed(at="2027-01-04T09:00:25Z", reason="bye", frames=SECONDS * 50),
    ]  # fmt: skip


def hostile(version: str) -> list[j.Entry]:
    """Everything that a caller, a header or a service can choose is an attack."""
    return [
        j.Opened(at="2027-01-04T08:00:00Z", caller=ATTACK, dialled=ATTACK, line="orders", flow="orders",
                 version=version, peer=ATTACK, sip_call_id=ATTACK),
        j.SipMessage(text=f"INVITE sip:{ATTACK} SIP/2.0\r\nFrom: {ATTACK}\r\n\r\n{LONG}"),
        j.SipMessage(text="\x00\x01 not SIP at all", leg=ATTACK, sent=True),
        a.NodeEntered(turn=1, t=5, flow="orders", node=ATTACK, node_type="menu", why=ATTACK),
        a.NodeEntered(turn=1, t=6, flow=ATTACK, node="gone", node_type=ATTACK),
        a.Asked(turn=1, t=5, node="welcome", text=ATTACK),
        e.Partial(turn=1, t=30, text=ATTACK),
        e.Heard(turn=1, t=40, id=1, hypotheses=[e.Hypothesis(text=ATTACK, source=ATTACK), e.Hypothesis(text=LONG)]),
        e.Understood(turn=1, t=41, intents=[e.IntentScore(name=ATTACK, confidence=0.1)], source=ATTACK, why=ATTACK),
        a.Answered(turn=1, t=42, node="welcome", text=ATTACK, intent=ATTACK, slots={ATTACK: ATTACK}, confidence=0.1),
        a.Query(id=2, turn=1, t=43, node=ATTACK, kind="http", request={}), e.Queried(id=2, turn=1, status=ATTACK),
        a.Transfer(id=3, turn=1, t=50, to=ATTACK, uri=ATTACK, headers={ATTACK: ATTACK}),
        e.TransferDone(id=3, turn=1, t=51, ok=False, reason=ATTACK),
        e.EmotionHeard(turn=1, emotion=ATTACK, confidence=0.5),
        a.Asked(turn=2, t=60, node=LONG, text=LONG), e.Heard(turn=2, id=4, hypotheses=[e.Hypothesis(text=LONG)]),
        j.Trouble(turn=2, t=70, part=ATTACK, what=LONG), a.Finished(outcome=ATTACK, at=ATTACK),
        j.RecordingStarted(path="../outside.wav"), j.Closed(at="2027-01-04T08:01:00Z", frames=500),
    ]  # fmt: skip


def bare(version: str) -> list[j.Entry]:
    return [
        j.Opened(at="2027-01-04T07:00:00Z", line="orders", flow="orders", version=version),
        j.Rejected(sip_status=486, reason="busy"), j.Closed(at="2027-01-04T07:00:01Z", reason="rejected"),
    ]  # fmt: skip


def small(number: int, version: str) -> list[j.Entry]:
    """One of many: a turn each, some fail."""
    began = BEGAN - timedelta(minutes=7 * number + 200)
    good = number % 3 != 0
    return [
        j.Opened(at=began.isoformat(), caller=f"+1415555{1000 + number}", line="orders", flow="orders",
                 version=version),
        a.SetLanguage(language="ko" if number % 5 == 0 else "en"),
        a.NodeEntered(turn=1, t=5, flow="orders", node="welcome", node_type="menu"),
        a.Asked(turn=1, t=5, node="welcome", text="Welcome."),
        e.Heard(turn=1, t=60, id=1, hypotheses=[e.Hypothesis(text=f"cancel order {number}")]),
        a.Answered(turn=1, t=61, node="welcome", text=f"cancel order {number}", confidence=0.9 if good else 0.3,
                   intent="cancel_order" if good else "", result="match" if good else "no_match"),
        a.Finished(outcome="resolved" if good else "abandoned", at="bye", failures=0 if good else 2),
        j.Closed(at=(began + timedelta(seconds=30 + number)).isoformat(), frames=50 * (30 + number)),
    ]  # fmt: skip


def sound(file: Path) -> None:
    """Caller left, from 3.5 to 5 s; system right, in the first seconds and at each question."""
    t = np.arange(SECONDS * 8000) / 8000
    caller = np.sin(2 * np.pi * 220 * t) * ((t > 3.5) & (t < 5))
    system = np.sin(2 * np.pi * 330 * t) * ((t < 3.4) | ((t > 6.2) & (t < 8.4)))
    pcm = (np.stack([caller, system], axis=1) * 12_000).astype("<i2")
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setparams((2, 2, 8000, 0, "NONE", ""))
        out.writeframes(pcm.tobytes())


def fill(engine: Engine, recordings: Path, flows: Path, many: int = 60) -> None:
    """Into a database with tables, as delivery does it."""
    published = load_folder(flows).published
    assert published is not None
    version = published.flows["orders"].version
    journals = {WHOLE: whole(version), HOSTILE: hostile(version), BARE: bare(version)}
    for number in range(many):
        journals[f"01930000-0000-7000-8000-00000001{number:04x}"] = small(number, version)
    with engine.begin() as connection:
        for call, entries in journals.items():
            fold = CallFold(call)
            for seq, entry in enumerate(entries, 1):
                fold.add(entry, seq)
            store.write(connection, [fold.changed()])
        call_review.note(connection, HOSTILE, ATTACK, ATTACK)
        call_review.tag(connection, HOSTILE, "ann", ATTACK[:40])
    sound(recordings / "day" / "whole.wav")
    sound(recordings.parent / "outside.wav")
