"""The editor in Chromium: a mistake seen and mended, tests, a call as text, publishing; two who edit; signed out."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ivr.web.identity import cookie_name
from tests.embedded_postgres import Server
from tests.versions.conftest import FLOW
from tests.web.conftest import PageFor, Site, until
from tests.web.flows.shop import (
    CAFE,
    HOSTILE,
    NLU,
    PATH,
    clean,
    from_elsewhere,
    held,
    published,
    saved,
    script_size,
    shop_site,
)

WIDE = 1900
"""Pixels at which no line of these flows is wrapped: rewrite() works on lines as they are seen."""
pytestmark = pytest.mark.postgres
TABS = ("Graph", "Form", "Examples", "Translations", "Prompts", "Try it", "Tests", "Earlier saves")
MOST_SCRIPT = 300_000


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from shop_site(postgres_server.fresh(), tmp_path_factory.mktemp("site"))


def opened(page: Page, flow: str = "shop") -> None:
    page.goto(f"/flows/{flow}/edit")
    expect(page.locator("#flow-count")).to_contain_text("mistakes")


def rewrite(page: Page, line: str, text: str) -> None:
    """The line that has these words says something else now, as somebody types it."""
    page.locator(".cm-line").filter(has_text=line).first.click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.insert_text(text)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def state(page: Page, words: str) -> None:
    expect(page.locator("#flow-state")).to_contain_text(words)


def test_a_mistake_mended_tested_tried_published_and_rolled_back(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    first = published(client, FLOW, "first")
    page, watched = browser_page("administrator", width=WIDE)
    opened(page)
    expect(page.locator("#flow-graph .node")).to_have_count(3)

    rewrite(page, "phrases: hours", '- {phrases: hours, key: "1", label: our hours, next: hour}')
    wrong = page.locator("#flow-problems li.error")
    expect(wrong).to_contain_text("did you mean 'hours'?")
    expect(page.locator("#flow-graph .node.wrong")).to_have_attribute("data-id", "welcome")
    page.locator(".cm-lintRange-error").first.hover()
    page.get_by_role("button", name="Write hours").click()
    expect(wrong).to_have_count(0)

    rewrite(page, "We open at nine", "hours: {type: hangup, say: We are closed.}")
    tab(page, "Tests")
    page.get_by_role("button", name="Run the tests").click()
    expect(page.locator(".proof")).to_contain_text("1 conversation does not hold")
    clean(page)
    page.locator(".proof a").first.click()
    expect(page.locator("#flow-file")).to_have_value("shop/tests.yaml")
    expect(page.locator(".cm-activeLine")).to_contain_text("open at")
    page.locator("#flow-file").select_option(PATH)
    rewrite(page, "We are closed", "hours: {type: hangup, say: We open at ten.}")
    page.get_by_role("button", name="Run the tests").click()
    expect(page.locator(".proof")).to_contain_text("holds")

    tab(page, "Try it")
    page.get_by_role("button", name="Begin a call").click()
    said = page.locator("#talk-said")
    expect(said).to_contain_text("Welcome. Hours, or address?")
    page.get_by_label("What the caller says").fill(HOSTILE)
    page.get_by_role("button", name="Say", exact=True).click()
    expect(said.locator(".caller")).to_contain_text("<script>")
    page.get_by_role("button", name="1", exact=True).click()
    expect(said).to_contain_text("We open at ten.")
    expect(said).to_contain_text("The call is over")
    said.get_by_text("Inside: hours").click()
    expect(said.locator("pre").last).to_contain_text("-> hours")
    clean(page)

    tab(page, "Graph")
    page.locator("#flow-graph .node[data-id=address]").click()
    expect(page.locator(".cm-activeLine")).to_contain_text("address:")
    page.locator(".cm-line").filter(has_text="Welcome. Hours").click()
    expect(page.locator("#flow-graph .node.here")).to_have_attribute("data-id", "welcome")

    page.get_by_role("link", name="Publish …").click()
    expect(page.locator(".proof")).to_contain_text("holds")
    page.get_by_label("What has changed").fill("ten, not nine")
    page.get_by_label("I looked at the changes").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(f"#version-{first + 1}")).to_contain_text("ten, not nine")
    expect(page.locator(f"#version-{first + 1}")).to_contain_text("serves")
    old = page.locator(f"#version-{first}")
    old.get_by_text("Serve it").click()
    old.get_by_label("Why").fill("nine after all")
    old.get_by_role("button", name=f"Roll back to {first}").click()
    expect(page.locator(".told")).to_contain_text("Rolled back")
    assert page.title() != "taken"
    assert not from_elsewhere(site, watched)
    assert not watched.complaints


def test_two_who_edit_lose_nothing(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    saved(client, FLOW)
    ann, _ = browser_page("administrator", width=WIDE)
    bob, _ = browser_page("administrator", width=WIDE, lines=["shop"])
    opened(ann)
    opened(bob)
    rewrite(ann, "Welcome. Hours", "say: Hello. Hours, or address?")
    state(ann, "Saved")
    rewrite(bob, "We open at nine", "hours: {type: hangup, say: We open at six.}")
    state(bob, "Saved, with the changes of administrator")
    expect(bob.locator(".cm-content")).to_contain_text("Hello. Hours")

    rewrite(ann, "We open at nine", "hours: {type: hangup, say: We open at ten.}")
    choice = ann.get_by_role("alert")
    expect(choice).to_contain_text("administrator-shop changed the same lines")
    expect(choice.locator("pre")).to_contain_text("We open at six.")
    clean(ann)
    choice.get_by_role("button", name="Keep mine").click()
    state(ann, "Saved")
    expect(choice).to_be_hidden()
    assert "We open at ten." in held(client)
    assert "Hello. Hours" in held(client)
    tab(ann, "Earlier saves")
    theirs = ann.locator("#pane-earlier details").filter(has_text="administrator-shop").first
    theirs.locator("summary").click()
    expect(theirs.locator("pre")).to_contain_text("We open at six.")
    bob.evaluate("() => dispatchEvent(new Event('focus'))")
    state(bob, "administrator changed it meanwhile")
    expect(bob.locator(".cm-content")).to_contain_text("We open at ten.")


def test_signed_out_in_mid_edit(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    saved(client, FLOW)
    page, _ = browser_page("administrator", width=WIDE)
    opened(page)
    page.context.clear_cookies()
    rewrite(page, "We open at nine", "hours: {type: hangup, say: We open at seven.}")
    state(page, "Signed out")
    assert (
        page.get_by_role("link", name="Sign in in another tab").get_attribute("href")
        == "/sign-in?next=%2Fflows%2Fshop%2Fedit"
    )
    assert "seven" not in held(client)

    def sign_in() -> None:
        token, _ = site.session("administrator")
        page.context.add_cookies([{"name": cookie_name(site.app.state.parts), "value": token, "url": site.url}])

    sign_in()
    page.evaluate("() => dispatchEvent(new Event('focus'))")
    state(page, "Saved")
    assert "seven" in held(client)
    page.context.clear_cookies()
    rewrite(page, "We open at seven", "hours: {type: hangup, say: We open at eight.}")
    state(page, "Signed out")
    again = page.context.new_page()
    page.close()
    sign_in()
    opened(again)
    expect(again.locator(".cm-content")).to_contain_text("We open at eight.")
    state(again, "Saved")
    assert "eight" in held(client)


def test_forms_translations_and_examples_write_the_text(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    saved(client, CAFE, "cafe/flow.yaml")
    saved(client, NLU, "cafe/nlu.yml")
    page, watched = browser_page("administrator", width=WIDE)
    opened(page, "cafe")
    tab(page, "Form")
    page.get_by_label("say (en)").fill("Tea or coffee?")
    page.get_by_label("say (en)").press("Tab")
    expect(page.locator(".cm-content")).to_contain_text("Tea or coffee?")
    expect(page.locator(".cm-content")).to_contain_text("# asked first")
    page.locator("#form-name").fill("bye")
    page.locator("#form-type").select_option("hangup")
    page.locator("#form-add").get_by_role("button", name="Add").click()
    expect(page.locator("#flow-graph .node")).to_have_count(3)
    clean(page)

    tab(page, "Translations")
    page.get_by_label("nodes.brewing.say (ko)").fill("준비 중입니다.")
    page.get_by_label("nodes.brewing.say (ko)").press("Tab")
    expect(page.locator(".cm-content")).to_contain_text("준비 중입니다.")
    clean(page)
    state(page, "Saved")
    assert "It is brewing." in held(client, "cafe/flow.yaml")
    assert held(client, "cafe/flow.yaml").startswith("# our cafe")

    tab(page, "Examples")
    page.get_by_label("A caller says").fill("a coffee please")
    page.get_by_label("and means").fill("tea")
    page.get_by_role("button", name="Add to cafe/nlu.yml").click()
    expect(page.locator("#example-conflicts")).to_contain_text("is an example of both 'coffee' and 'tea'")
    page.locator("#example-conflicts a").first.click()
    expect(page.locator("#flow-file")).to_have_value("cafe/nlu.yml")
    rewrite(page, "- a coffee please", "- a cup of coffee")
    expect(page.locator("#example-conflicts")).not_to_contain_text("is an example of both")
    clean(page)
    assert not watched.complaints


def wav(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, 16_000, format="WAV")
    return out.getvalue()


def test_prompts_are_heard_uploaded_and_recorded(site: Site, browser_page: PageFor, tmp_path: Path) -> None:
    saved(site.client("administrator"), FLOW)
    page, watched = browser_page("administrator")
    opened(page)
    tab(page, "Prompts")
    row = page.locator("[data-prompt='prompts/hours.en.wav']")
    expect(row).to_contain_text("synthesized")
    told = page.locator("#prompt-told")
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(20_000_001)
    upload = row.locator("input[type=file]")
    upload.set_input_files(large)
    expect(told).to_contain_text("larger than 20 MB")
    for data, why in ((b"<svg onload=alert(1)>", "no sound file"), (wav(np.zeros(16_000)), "silent")):
        upload.set_input_files({"name": f"{HOSTILE}.wav", "mimeType": "audio/wav", "buffer": data})
        expect(told).to_contain_text(why)
    tone = wav(0.3 * np.sin(np.arange(16_000) / 5))
    upload.set_input_files({"name": "hours.wav", "mimeType": "audio/wav", "buffer": tone})
    expect(told).to_contain_text("in the draft: 1.0 s")
    expect(row).to_contain_text("recorded")
    row.get_by_role("button", name="Hear").click()
    until(page, "() => document.getElementById('prompt-player').duration > 0.9")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_contain_text("synthesized")

    row.get_by_role("button", name="Record").click()
    expect(told).to_contain_text("press again to stop")
    page.wait_for_timeout(1200)  # what is recorded: the microphone of Chromium's fake device beeps once a second
    row.get_by_role("button", name="Record").click()
    expect(told).to_contain_text("in the draft")
    expect(row).to_contain_text("recorded")
    clean(page)
    assert not [it for it in watched.complaints if not re.search("413|422", it)]


def test_hostile_texts_are_shown_as_text(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    text = FLOW.replace("say: We open at nine.", f'say: "{HOSTILE}"').replace(
        "hours}", "'<img src=x onerror=alert(1)>'}"
    )
    saved(client, text)
    page, watched = browser_page("administrator")
    page.on("dialog", lambda it: pytest.fail(it.message))
    opened(page)
    expect(page.locator("#flow-problems li.error").first).to_contain_text("<img src=x onerror")
    for name in TABS:
        tab(page, name)
    expect(page.locator("#pane-earlier summary").first).to_be_visible()
    saved(client, FLOW.replace("We open at nine.", f'"{HOSTILE}"'))
    for path in ("/flows/shop/publishing", "/flows/shop/changes"):
        page.goto(path)
        expect(page.locator("tr.new")).to_contain_text("<script>document.title")
    assert page.title() != "taken"
    assert not page.locator("main script, main img").count()
    assert not [it for it in watched.complaints if "409" not in it]


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True), (2560, False)])
def test_every_tab_at_every_width(site: Site, browser_page: PageFor, width: int, dark: bool, tmp_path: Path) -> None:
    client = site.client("administrator")
    saved(client, CAFE, "cafe/flow.yaml")
    page, watched = browser_page("administrator", width=width, dark=dark)
    opened(page, "cafe")
    for name in TABS:
        tab(page, name)
        page.wait_for_load_state("networkidle")
        assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth"), name
        if dark:
            clean(page)
    assert not from_elsewhere(site, watched)
    assert not watched.complaints
    assert script_size(watched) < MOST_SCRIPT


def test_tabs_and_graph_by_keyboard(site: Site, browser_page: PageFor) -> None:
    saved(site.client("administrator"), FLOW)
    page, _ = browser_page("administrator")
    opened(page)
    page.get_by_role("tab", name="Graph").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Form")).to_be_focused()
    expect(page.locator("#pane-form select").first).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.locator("#flow-graph .node[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-activeLine")).to_contain_text("hours:")
