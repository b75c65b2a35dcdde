"""One server and one telephone for the tests of this folder."""

from collections.abc import Iterator

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.cache import cache_folder
from ivr.commands import test_sip as voices
from ivr.insight.ear import Recognized
from ivr.sip.caller import Phone

from .agent import Agent
from .line import Callers, Held, Line, mouth, wanted_tests
from .office import Office


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    """Closed at the end of each module: a process has one telephone at a time."""
    with voices.telephone("+14155550123") as made:
        yield made


@pytest.fixture(scope="package")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    made = Agent(tmp_path_factory.mktemp("agent"))
    try:
        made.wait("listening")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.server.stop()


@pytest.fixture(scope="package")
def line(tmp_path_factory: pytest.TempPathFactory, agent: Agent, office: Office) -> Iterator[Line]:
    """With its pages, and key tones in the sound listened for too: nothing else may change by it."""
    made = Line(
        tmp_path_factory.mktemp("line") / "state",
        f"127.0.0.1:{agent.port}",
        {
            "asr_recognizers": "2",
            "sip_inband_keys": "true",
            "web_on": "true",
            "web_port": "0",
            "sip_originate": f'["sip:*@127.0.0.1:{agent.port}", "+1415*"]',
            **office.settings,
        },
        office=office.server.url.removeprefix("http://"),
    )
    made.agent, made.office = agent, office
    try:
        yield made.start().ready()
    finally:
        made.stop()


@pytest.fixture(scope="package")
def ears() -> Recognized:
    return voices.ears(cache_folder())


@pytest.fixture(scope="module")
def all_callers(line: Line, phone: Phone, ears: Recognized) -> Callers:
    return Callers(line, phone, mouth(), ears)


@pytest.fixture(scope="module")
def held(all_callers: Callers, request: pytest.FixtureRequest) -> Iterator[Held]:
    """The conversations of test_calls.py, held at once."""
    made = Held(all_callers, wanted_tests(request))
    yield made
    made.close()


@pytest.fixture
def callers(all_callers: Callers) -> Iterator[Callers]:
    """For a test that is held alone."""
    made = all_callers.again()
    yield made
    made.end()
