"""Which version a new call runs on: published, shared, at a time, drafts, pinned; a call keeps its own."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.call.admission import Admission, Admitted
from ivr.flow.models import Published
from ivr.insight.serving import Servings
from ivr.ports import Invite
from ivr.records import flow_versions, store
from ivr.records.releases import Release, before, effective
from ivr.records.version_source import VersionSource
from tests.versions.conftest import FLOW, LINES, Ivr
from tests.versions.test_versions import change

NOW = datetime(2027, 1, 3, 8, tzinfo=UTC)


def row(id: int, number: int, share: float = 1.0, hours: float = 0.0, **more: object) -> Release:
    return Release(id, "shop", number, NOW + timedelta(hours=hours), share, **more)  # type: ignore[arg-type]


def test_the_newest_release_whose_time_has_come_serves() -> None:
    rows = [row(1, 1, hours=-2), row(2, 2, hours=1), row(3, 3, needs_approval=True)]
    assert effective(rows, "shop", NOW) == [(1, 1.0)]
    assert effective(rows, "shop", NOW + timedelta(hours=2)) == [(2, 1.0)]
    assert effective(rows, "other", NOW) == []
    shared = [*rows, row(4, 4, share=0.1)]
    assert effective(shared, "shop", NOW) == [(4, 0.1), (1, 0.9)]
    assert effective([*shared, row(5, 5, share=0.5)], "shop", NOW) == [(5, 0.5), (1, 0.5)]


def test_rollback_goes_one_step_back_each_time() -> None:
    rows = [row(1, 1), row(2, 2), row(3, 3)]
    assert before(rows, "shop", NOW) == 2
    rows.append(row(4, 2, kind="rollback"))
    assert before(rows, "shop", NOW) == 1
    rows.append(row(5, 4))
    assert before(rows, "shop", NOW) == 2
    assert before([row(1, 1)], "shop", NOW) == 0


class Server:
    """The services process' part that decides what serves, and media's that takes calls."""

    def __init__(self, state: Path, flows: Path, url: str) -> None:
        self.state, self.flows = state, flows
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        self.engine = store.engine(url)
        self.source = VersionSource(state / "flows", lambda: self.engine)
        self.servings = Servings(state, self.source, lambda: self.now)

    def published(self) -> Published:
        compiled = self.servings.compile(self.flows)
        assert compiled.json, compiled.problems
        (self.state / "flows").mkdir(parents=True, exist_ok=True)
        (self.state / "flows" / "current.json").write_text(compiled.json)
        return Published.model_validate_json(compiled.json)

    def answers(self, number: str = "+18005550100", calls: int = 1) -> list[str]:
        """When the shop opens, as `calls` new callers hear it."""
        published, admission = self.published(), Admission(10_000, 1)
        said = []
        for call in range(calls):
            taken = admission.decide(Invite(dialled=(number,), sip_call_id=f"call {call}"), published, 0.0)
            assert isinstance(taken, Admitted), taken
            assert taken.published.flows["shop"] is taken.flow
            said.append(str(taken.flow.node("hours").say.of("en")).removeprefix("We open at ").rstrip("."))  # type: ignore[attr-defined]
        return said


@pytest.fixture
def server(tmp_path: Path, flows: Path, database: str) -> Server:
    return Server(tmp_path / "state", flows, database)


@pytest.mark.postgres
def test_published_serves_whatever_becomes_of_the_files(ivr: Ivr, flows: Path, server: Server) -> None:
    assert server.answers() == ["nine"]  # nothing was published: the files
    before_it = server.servings.signature()
    ivr("publish", "shop", "-m", "nine")
    assert server.servings.signature() != before_it
    change(flows, "eight")
    assert (server.answers(), server.answers("+18005550199")) == (["nine"], ["eight"])
    (flows / "shop" / "flow.yaml").write_text("flow: shop\nnonsense")
    assert server.answers() == ["nine"]
    change(flows, "eight")
    ivr("publish", "shop", "-m", "eight")
    assert server.answers() == ["eight"]
    ivr("rollback", "shop")
    assert server.answers() == ["nine"]


@pytest.mark.postgres
def test_a_call_finishes_on_the_version_that_it_started_with(ivr: Ivr, flows: Path, server: Server) -> None:
    ivr("publish", "shop", "-m", "nine")
    admission = Admission(10, 1)
    taken = admission.decide(Invite(dialled=("+18005550100",)), server.published(), 0.0)
    change(flows, "eight")
    ivr("publish", "shop", "-m", "eight")
    assert server.answers() == ["eight"]
    assert isinstance(taken, Admitted)
    assert "nine" in str(taken.published.flows["shop"].node("hours"))


@pytest.mark.postgres
def test_a_share_a_time_and_a_pinned_version(ivr: Ivr, flows: Path, server: Server) -> None:
    ivr("publish", "shop", "-m", "nine")
    change(flows, "eight")
    ivr("publish", "shop", "-m", "eight", "--share", "10%")
    said = server.answers(calls=1000)
    assert 60 <= said.count("eight") <= 140
    assert said == server.answers(calls=1000)  # a call is not moved
    later = server.now + timedelta(hours=3)
    change(flows, "ten")
    ivr("publish", "shop", "-m", "ten", "--at", later.isoformat())
    assert "ten" not in server.answers(calls=50)
    signature = server.servings.signature()
    server.now = later
    assert server.servings.signature() != signature
    assert server.answers() == ["ten"]
    (flows / "lines.yaml").write_text(LINES.replace("version: draft", 'version: "1"'))
    assert server.answers("+18005550199") == ["nine"]


@pytest.mark.postgres
def test_drafts_answer_on_test_lines_only(ivr: Ivr, flows: Path, server: Server) -> None:
    ivr("publish", "shop", "-m", "nine")
    change(flows, "eight")
    ivr("publish", "shop", "--draft")
    change(flows, "ten")
    assert (server.answers(), server.answers("+18005550199")) == (["nine"], ["eight"])
    ivr("publish", "shop", "--draft")
    assert server.answers("+18005550199") == ["ten"]


@pytest.mark.postgres
def test_without_the_database_what_served_serves_on(ivr: Ivr, flows: Path, server: Server) -> None:
    ivr("publish", "shop", "-m", "nine")
    change(flows, "eight")
    assert server.answers() == ["nine"]
    away = Server(server.state, flows, "postgresql://nobody@127.0.0.1:1/none")
    assert away.servings.signature() == server.servings.signature()
    assert away.answers() == ["nine"]
    fresh = Server(server.state.with_name("fresh"), flows, "postgresql://nobody@127.0.0.1:1/none")
    assert fresh.servings.signature() is None  # nobody knows: the watch waits


@pytest.mark.postgres
def test_development_serves_the_files(ivr: Ivr, flows: Path, tmp_path: Path) -> None:
    ivr("publish", "shop", "-m", "nine")
    change(flows, "eight")
    compiled = Servings(tmp_path / "state", None).compile(flows)
    assert "open at eight" in compiled.json
    assert "serving" not in json.loads(compiled.json)


@pytest.mark.postgres
def test_recordings_and_trained_models_come_with_the_version(ivr: Ivr, flows: Path, server: Server) -> None:
    sound = flows / "shop" / "prompts" / "hours.en.wav"
    sound.parent.mkdir()
    sound.write_bytes(b"first")
    ivr("publish", "shop", "-m", "nine")
    sound.write_bytes(b"second")
    flow = server.published().of_line("shop").flows["shop"]
    version, _, inside = flow.recordings["hours/en"].removeprefix("@").partition("/")
    assert (server.state / "flows" / "versions" / version / "files" / inside).read_bytes() == b"first"
    assert (server.state / "nlu" / flow.version / "shop.en.pickle").is_file()


def test_a_model_from_the_database_can_run_nothing() -> None:
    import pickle

    from ivr.nlu.kept import kept

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, ("touch /tmp/owned",)

    with pytest.raises(pickle.UnpicklingError, match="no part of a trained model"):
        kept(pickle.dumps(("stamp", Hostile())))


@pytest.mark.postgres
def test_two_who_publish_at_once_get_one_version(database: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    engine = store.engine(database, pool=4)

    def one(name: str) -> str:
        files = {"shop/flow.yaml": FLOW.replace("nine", name).encode()}
        what = flow_versions.Publication("shop", flow_versions.Snapshot(files), name)
        try:
            return str(flow_versions.publish(engine, what).number)
        except flow_versions.Refused:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, ["anna", "berta", "cyd", "dora"])) == ["1", "refused", "refused", "refused"]
    engine.dispose()
