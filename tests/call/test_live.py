"""What a call is told of live values: those that its lines name, over what lines.yaml says, until they run out."""

from pathlib import Path

import msgspec

from ivr.call.live import LiveStand
from ivr.flow.lines import Line, Lines
from ivr.wire.messages import LiveValue, LiveValues

LINES = Lines(
    lines={"power": Line(numbers=("sip:power@*",), flow="power")},
    switches={"outage": "Power is out", "late": "We are late"},
    tables={"areas": {"1": "fine", "2": "fine"}},
)
TOLD = LiveValues(
    values=[
        LiveValue("switch", "outage", "", "on", 100.0),
        LiveValue("switch", "elsewhere", "", "on"),
        LiveValue("table", "areas", "2", "until noon", 200.0),
        LiveValue("table", "areas", "3", "until six"),
        LiveValue("bulletin", "*", "", "We move."),
        LiveValue("bulletin", "power", "en", "Power is out.", 150.0),
    ]
)


def test_live_values_stand_over_those_of_the_file_until_they_run_out(tmp_path: Path) -> None:
    stand = LiveStand(tmp_path / "live.json")
    assert stand.of(LINES).switches == {"outage": False, "late": False}
    assert stand.take(TOLD, 50.0)
    assert not stand.take(TOLD, 50.0)
    now = stand.of(LINES)
    assert now.switches == {"outage": True, "late": False}
    assert now.tables == {"areas": {"1": "fine", "2": "until noon", "3": "until six"}}
    assert stand.bulletin("power") == {"en": "Power is out."}
    assert stand.bulletin("orders") == {"": "We move."}
    assert not stand.expire(99.0)
    assert stand.expire(100.0)
    assert stand.of(LINES).switches == {"outage": False, "late": False}
    assert stand.expire(200.0)
    assert stand.bulletin("power") == {"": "We move."}
    assert stand.of(LINES).tables == {"areas": {"1": "fine", "2": "fine", "3": "until six"}}
    assert stand.of(None).switches == {}
    assert LINES.tables == {"areas": {"1": "fine", "2": "fine"}}


def test_what_services_wrote_counts_before_services_is_there(tmp_path: Path) -> None:
    file = tmp_path / "live.json"
    stand = LiveStand(file)
    stand.read(50.0)
    file.write_bytes(msgspec.json.encode(TOLD))
    stand.read(120.0)
    assert stand.of(LINES).switches["outage"] is False
    assert stand.bulletin("power") == {"en": "Power is out."}
    file.write_bytes(b"{")
    stand.read(120.0)
    assert stand.bulletin("power") == {"en": "Power is out."}
