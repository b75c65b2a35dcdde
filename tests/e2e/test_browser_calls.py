"""Calls from the browser to a whole server: by the WebSocket that a page uses, and in Chromium with a microphone that
plays real speech."""

import shutil
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine

from ivr import actions, events, journal, settings
from ivr.insight.ear import Recognized
from ivr.insight.journal_tail import JournalTail
from ivr.insight.sip_caller import Caller, Mouth
from ivr.records import people, sessions, store
from ivr.records.address import resolve
from scripts import build_web
from tests.instance import wait_for

from .line import Callers, Line, levels, mouth
from .page_call import PageCall

pytestmark = [pytest.mark.sip, pytest.mark.slow]
GREETING = "you can ask where an order is"


@pytest.fixture(scope="module")
def site(line: Line) -> str:
    """Address of the pages."""
    build_web.build(settings.load().cache)
    told = line.wait(lambda: line.told("web").get("url"), 60, "the pages")
    line.wait(lambda: line.rows("select 1 from ivr.nodes"), 30, "the node is on the list")
    return str(told)


@pytest.fixture(scope="module")
def engine(line: Line, site: str) -> Iterator[Engine]:
    made = store.engine(resolve(line.state).url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def speech() -> Mouth:
    return mouth()


def cookie(engine: Engine, role: str) -> str:
    """A session of somebody with that role."""
    with engine.begin() as db:
        person = people.find(db, f"anna-{role}") or people.add(db, f"anna-{role}", role)
        return sessions.begin(db, person.id, complete=True)


def caller(line: Line, site: str, engine: Engine, speech: Mouth, ears: Recognized) -> Caller:
    call: Any = PageCall(site, f"ivr_session={cookie(engine, 'supervisor')}", "orders")
    return Caller(call, speech, ears, "en", lambda id: JournalTail(line.state / "journals", id)).answered()


def stopped_after(call: PageCall, from_frame: int) -> float:
    """Seconds from the first loud frame that was sent since the line's frame `from_frame` to its last loud one before
    a silence of 0.3 s, as the page got them."""
    sent = levels(call.sound.sent)
    begun = next(at for at, level in zip(call.sound.sent_at, sent, strict=False)
                 if at > call.sound.heard_at[from_frame] and level > 500)  # fmt: skip
    heard = levels(call.sound.heard)
    playing = [level for at, level in zip(call.sound.heard_at, heard, strict=False) if begun - 0.5 < at < begun]
    assert max(playing, default=0) > 300, "the line was not speaking when the caller began"
    for n in range(from_frame, len(heard) - 15):
        if call.sound.heard_at[n] > begun and not (heard[n : n + 15] > 60).any():
            return call.sound.heard_at[n] - begun
    raise AssertionError("the line did not stop speaking")


def test_an_order_by_voice_with_interruption_and_keys(
    line: Line, site: str, engine: Engine, speech: Mouth, ears: Recognized
) -> None:
    speech("where is my stuff", "en")  # made before: she speaks in the middle of the greeting
    anna = caller(line, site, engine, speech, ears)
    call: Any = anna.call
    line.wait(lambda: len(anna.of(events.PromptStarted)) == 2, 15, "the greeting")  # by ear it may be over already
    greeting = call.sound.caller_frames
    line.wait(lambda: call.sound.caller_frames > greeting + 75, 5, "1.5 s of it")
    before = call.sound.caller_frames - 1
    anna.says("where is my stuff", over=True)
    anna.hears("order number")
    took_s = stopped_after(call, before)
    print(f"voice to the last sound of the prompt, at the page: {took_s * 1000:.0f} ms")
    assert took_s < 0.6
    anna.presses("4567#")
    anna.hears("Is that right")
    anna.presses("1")
    anna.hears("wall clock")
    anna.hangs_up()
    assert anna.over().by == "caller"
    opened = anna.of(journal.Opened)[0]
    assert (opened.caller, opened.dialled, opened.peer, opened.line) == (
        "browser:anna-supervisor", "browser:orders", "browser", "orders",
    )  # fmt: skip
    assert anna.of(actions.BargedIn)[0].by == "voice"
    assert {it.via for it in anna.of(events.KeyPressed)} == {"browser"}
    (row,) = line.wait(
        lambda: line.rows("select caller, complete from ivr.calls where id = %(id)s", id=opened.call), 15, "the record"
    )
    assert row["caller"] == "browser:anna-supervisor"
    told = line.rows("select name, about from ivr.audit where what = 'call.from_browser'")
    assert {"name": "anna-supervisor", "about": "orders"} in told
    assert (line.state / "recordings" / anna.of(journal.RecordingStarted)[0].path).is_file()


def test_pages_that_hang_or_send_rubbish_delay_no_telephone(
    line: Line, site: str, engine: Engine, callers: Callers
) -> None:
    wedged = [PageCall(site, f"ivr_session={cookie(engine, 'supervisor')}", "orders") for _ in range(3)]
    for page in wedged:
        page.wait_answered()
        page.reads = False
    phone = callers.dial()
    phone.hears(GREETING)
    rubbish = PageCall(site, f"ivr_session={cookie(engine, 'supervisor')}", "orders")
    rubbish.wait_answered()
    rubbish.send_raw(b"x" * 3000)
    rubbish.wait_over()
    assert rubbish.closed == (1003, "a frame is 160 bytes of 8 kHz mu-law; this one has 3000")
    phone.waits()
    phone.hangs_up()
    phone.over()
    assert phone.of(journal.MediaReport)[0].late_frames <= 2
    for page in wedged:
        page.reads = True
        page.hang_up()
        page.wait_over()


# --- Chromium --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory, speech: Mouth) -> Path:
    """What the caller says, 48 kHz: a question, 5 s after the microphone is opened."""
    said = np.frombuffer(speech("where is order 4567", "en"), np.int16)
    whole = np.concatenate([np.zeros(5 * 8000, np.int16), said, np.zeros(60 * 8000, np.int16)]).astype(np.float64)
    at = np.arange(len(whole) * 6) / 6
    path = tmp_path_factory.mktemp("microphone") / "said.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.interp(at, np.arange(len(whole)), whole).astype(np.int16).tobytes())
    return path


@pytest.fixture
def page(site: str, engine: Engine, microphone: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        found = shutil.which("chromium")
        if found is None:
            pytest.skip("chromium is not installed")
        arguments = [
            "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop", "--autoplay-policy=no-user-gesture-required",
        ]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        context = browser.new_context(base_url=site)
        token = cookie(engine, "administrator")
        context.add_cookies([{"name": "ivr_session", "value": token, "url": site}])
        made = context.new_page()
        made.set_default_timeout(20_000)
        yield made
        browser.close()


def test_chromium_s_microphone_asks_for_an_order_and_interrupts(line: Line, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
    page.on("pageerror", lambda it: complaints.append(str(it)))
    got: list[bytes] = []
    page.on(
        "websocket",
        lambda it: it.on("framereceived", lambda data: got.append(data) if isinstance(data, bytes) else None),
    )
    page.goto("/try?line=orders")
    page.get_by_role("button", name="Call the line").click()
    status = page.locator("#state")
    status.filter(has_text="You are talking with the line.").wait_for()
    tail = JournalTail(line.state / "journals", _newest(line))

    def said(text: str) -> bool:
        tail.read()
        begun = {it.id for it in tail.entries if isinstance(it, events.PromptStarted)}
        return any(isinstance(it, actions.Say) and text in it.text and it.id in begun for it in tail.entries)

    def wait(text: str, seconds: float) -> None:
        for _ in range(int(seconds * 20)):
            if said(text):
                return
            page.wait_for_timeout(50)
        told = [it for it in tail.entries if not isinstance(it, journal.SipMessage)]
        raise AssertionError(f"{text!r} was not said: {told[-30:]}")

    wait("How can I help", 10)
    wait("Is that right", 20)
    barged = [it for it in tail.entries if isinstance(it, actions.BargedIn)]
    assert [it.by for it in barged if not it.false] == ["voice"], "the question came while the greeting was played"
    page.keyboard.press("1")
    wait("wall clock", 10)
    assert page.evaluate("() => Number(document.getElementById('heard').value)") >= 0
    page.get_by_role("button", name="Hang up").click()
    status.filter(has_text="You hung up.").wait_for()
    assert page.get_by_role("button", name="Call the line").is_enabled()
    assert got, "the page heard the line"
    assert {len(it) for it in got} == {160}
    assert not complaints

    def closed() -> bool:
        tail.read()
        return any(isinstance(it, journal.Closed) for it in tail.entries)

    wait_for(closed, 5, "closed")
    (hung_up,) = [it for it in tail.entries if isinstance(it, events.HungUp)]
    assert hung_up.by == "caller"
    answered = [it for it in tail.entries if isinstance(it, actions.Answered)]
    assert "4567" in "".join(str(it) for it in answered).replace(" ", "") or answered


def _newest(line: Line) -> str:
    """The call that began last, by its file's name."""
    return line.journals()[-1].stem
