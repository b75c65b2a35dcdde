"""A site with two small flows, and what the tests of their pages do again and again."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from ivr import settings
from tests.versions.conftest import FLOW, LINES, TESTS
from tests.web.conftest import Site, Watched, serve
from tests.web.test_pages import axe, findings

expect.set_options(timeout=20_000)
PATH = "shop/flow.yaml"
HOSTILE = "<script>document.title='taken'</script>\N{RIGHT-TO-LEFT OVERRIDE}"
CAFE = """\
# our cafe
flow: cafe
languages: [en, ko]
start: welcome
nodes:
  welcome:
    type: menu
    say: {en: Coffee or tea?, ko: 커피와 차 중에 고르세요.}   # asked first
    options:
      - {intent: coffee, key: "1", label: {en: coffee, ko: 커피}, next: brewing}
      - {intent: tea, key: "2", label: {en: tea, ko: 차}, next: brewing}
  brewing: {type: hangup, say: It is brewing.}
"""
NLU = """\
version: "3.1"
nlu:
  - intent: coffee
    examples: |
      - a coffee please
  - intent: tea
    examples: |
      - a cup of tea
"""


def shop_site(database: str, folder: Path) -> Iterator[Site]:
    flows = folder / "flows"
    for name, text in (("shop", FLOW), ("cafe", CAFE)):
        (flows / name).mkdir(parents=True)
        (flows / name / "flow.yaml").write_text(text)
    (flows / "lines.yaml").write_text(LINES)
    (flows / "shop" / "tests.yaml").write_text(TESTS)
    (flows / "cafe" / "nlu.yml").write_text(NLU)
    (folder / "cache").mkdir()  # with the pages' bundles only: a sentence model takes seconds to load
    (folder / "cache" / "web").symlink_to(settings.load().cache / "web")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IVR_CACHE", str(folder / "cache"))
        yield from serve(database, folder)


def held(client: httpx.Client, path: str = PATH) -> str:
    """The draft's text."""
    return str(client.get(f"/flows/{path.split('/', maxsplit=1)[0]}/file", params={"path": path}).json()["text"])


def saved(client: httpx.Client, text: str, path: str = PATH) -> int:
    """Through the API, over whatever is there; the draft's revision."""
    flow = path.split("/", maxsplit=1)[0]
    there = client.get(f"/flows/{flow}/file", params={"path": path})
    seen = there.json()["revision"] if there.status_code == 200 else 0
    kept = client.put(f"/flows/{flow}/file", json={"path": path, "text": text, "seen": seen})
    assert kept.status_code == 200, kept.text
    return int(client.get(f"/flows/{flow}/draft").json()["revision"])


def published(client: httpx.Client, text: str, note: str) -> int:
    made = client.post("/flows/shop/publish", json={"note": note, "seen": saved(client, text)})
    assert made.status_code == 200, made.text
    return int(made.json()["number"])


def clean(page: Page) -> None:
    """axe finds nothing."""
    page.evaluate(axe())
    found = findings(page)
    assert not found, "\n".join(found)


def from_elsewhere(site: Site, watched: Watched) -> list[str]:
    return [it for it in watched.requests if not it.startswith((site.url, "data:", "blob:"))]


def script_size(watched: Watched) -> int:
    """Bytes, compressed, of the scripts that the page loaded."""
    scripts = {it for it in watched.requests if it.endswith(".js")}
    assert scripts
    return sum(len(gzip.compress(httpx.get(it).content, 9)) for it in scripts)
