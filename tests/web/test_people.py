"""People added, limited, disabled by administrators; the audit trail of it; the command `ivr user`."""

import os
import subprocess
import sys

import pytest

from ivr.records import audit, people
from tests.web.conftest import ROOT, Site

pytestmark = pytest.mark.postgres


def find(site: Site, name: str) -> people.Person | None:
    with site.engine.connect() as db:
        return people.find(db, name)


def test_added_changed_removed_and_all_of_it_in_the_trail(site: Site) -> None:
    admin = site.client("administrator", page=True)
    added = admin.post("/people", data={"name": "Gerd", "role": "viewer", "lines": ["orders"]})
    assert added.status_code == 200
    assert "shown only now" in added.text
    gerd = find(site, "gerd")
    assert gerd is not None
    assert gerd.lines == frozenset({"orders"})
    assert admin.post("/people", data={"name": "GERD", "role": "viewer"}).status_code == 422
    admin.post(f"/people/{gerd.id}", data={"role": "supervisor", "all_lines": "true", "disabled": "true"})
    changed = find(site, "Gerd")
    assert changed is not None
    assert (changed.role, changed.lines, changed.disabled) == ("supervisor", None, True)
    admin.post(f"/people/{gerd.id}/remove")
    assert find(site, "Gerd") is None
    with site.engine.connect() as db:
        told = [it.what for it in audit.read(db, name="administrator")]
    assert told == ["person.removed", "person.changed", "person.added"]
    page = site.client("auditor", page=True).get("/audit?what=person.").text
    assert "Gerd: supervisor, all lines, disabled" in page


def test_a_role_that_changed_ends_the_sessions(site: Site) -> None:
    client = site.client("operator")
    with site.engine.begin() as db:
        people.change(db, site.person("operator").id, role="operator")
    assert client.get("/account").status_code == 401


def test_an_administrator_of_some_lines_makes_nobody_mightier(site: Site) -> None:
    limited = site.client("administrator", lines=["orders"], page=True)
    whole = site.person("administrator")
    assert limited.post("/people", data={"name": "h", "role": "administrator", "all_lines": "true"}).status_code == 403
    assert limited.get(f"/people/{whole.id}").status_code == 404
    assert limited.post(f"/people/{whole.id}/password").status_code == 404
    assert f'/people/{whole.id}"' not in limited.get("/people").text
    assert limited.post("/people", data={"name": "ines", "role": "viewer", "lines": ["orders"]}).status_code == 200


def test_the_last_administrator_stays(site: Site) -> None:
    admin = site.client("administrator", page=True)
    number = site.person("administrator").id
    assert admin.post(f"/people/{number}/remove").status_code == 422
    assert admin.post(f"/people/{number}", data={"role": "viewer", "all_lines": "true"}).status_code == 422
    assert find(site, "administrator") is not None


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\N{RIGHT-TO-LEFT OVERRIDE}x", "=1+1", "x" * 101, ""])
def test_hostile_names(site: Site, name: str) -> None:
    admin = site.client("administrator", page=True)
    answer = admin.post("/people", data={"name": name, "role": "viewer", "all_lines": "true"})
    assert answer.status_code == (422 if not name or not name.isprintable() or len(name) > 100 else 200)
    assert "<script>alert" not in admin.get("/people").text
    assert "<script>alert" not in admin.get("/audit").text
    assert ",=1" not in admin.get("/audit/all.csv").text


def ivr_user(site: Site, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("IVR_")}
    environment = {**clean, "IVR_DATABASE_URL": site.database, "IVR_STATE": str(site.state)}
    return subprocess.run(
        [sys.executable, "-m", "ivr", "user", *words], env=environment, cwd=ROOT, input=given, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command(site: Site) -> None:
    assert ivr_user(site, "add", "Jana", "--role", "supervisor", given="short\n").returncode == 1
    added = ivr_user(site, "add", "Jana", "--role", "supervisor", "--line", "orders", given="a long enough one\n")
    assert added.returncode == 0, added.stderr
    assert "supervisor     orders" in ivr_user(site, "list").stdout
    answer = site.client(page=True).post("/sign-in", data={"name": "jana", "password": "a long enough one"})
    assert answer.status_code == 303
    assert ivr_user(site, "role", "Jana", "emperor").returncode == 2
    assert ivr_user(site, "role", "jana", "viewer").returncode == 0
    jana = find(site, "Jana")
    assert jana is not None
    assert (jana.role, jana.lines) == ("viewer", None)
