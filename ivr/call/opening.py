"""How a call begins: its journal's first line, its session's first event, and the journal of one that was refused."""

import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ivr import journal
from ivr.actions import Query
from ivr.call.admission import Admitted, Refused
from ivr.call.config import CallConfig
from ivr.call.live import LiveStand
from ivr.call.writer import Begin, End, Line, Writer
from ivr.dialogue.profile import number_of
from ivr.events import CallStarted
from ivr.ports import Invite

PROFILE = -3
"""Id of the question who calls, which media asks by itself."""
PROFILE_WAIT_S = 2.0
OF_THE_CALLER = ("x-", "p-", "diversion", "history-info", "user-to-user", "call-info", "subject")
"""Headers of the INVITE that say something of the call itself."""


def utc_now() -> datetime.datetime:
    """The wall clock."""
    return datetime.datetime.now(datetime.UTC)


def stamp(at: datetime.datetime) -> str:
    """ISO 8601 with milliseconds."""
    return at.isoformat(timespec="milliseconds")


def journal_path(call: str, at: datetime.datetime) -> str:
    """Relative to the journals folder; `at` in UTC."""
    return f"{at:%Y-%m-%d}/{call}.jsonl"


def first_line(invite: Invite, at: datetime.datetime, config: CallConfig, chosen: Admitted | None) -> journal.Opened:
    """What the call runs on; `chosen` None for a call that is refused."""
    return journal.Opened(
        at=stamp(at),
        node=config.node,
        instance=config.instance,
        caller=invite.caller,
        dialled=next(iter(invite.dialled), ""),
        line=chosen.name if chosen else "",
        flow=chosen.flow.name if chosen else "",
        version=chosen.flow.version if chosen else "",
        sip_call_id=invite.sip_call_id,
        peer=invite.peer,
        models=config.models,
    )


def first_event(
    call: str, invite: Invite, chosen: Admitted, at: datetime.datetime, can_hear: bool, live: LiveStand
) -> CallStarted:
    """The session's first event; `at` in UTC. The seed is the chance that lies in the call's id."""
    stand = live.of(chosen.published.lines)
    return CallStarted(
        caller=invite.caller,
        dialled=next(iter(invite.dialled), ""),
        line=chosen.name,
        flow=chosen.flow.name,
        version=chosen.flow.version,
        at=stamp(at.astimezone(ZoneInfo(chosen.line.timezone))),
        timezone=chosen.line.timezone,
        seed=int(call.replace("-", "")[-12:] or "0", 16),
        config=dict(chosen.line.config),
        headers={name: value for name, value in invite.headers.items() if name.startswith(OF_THE_CALLER)},
        switches=stand.switches,
        tables=stand.tables,
        bulletin=dict(live.bulletin(chosen.name)),
        can_hear=can_hear,
    )


def ask_profile(call: str, invite: Invite, chosen: Admitted) -> Query | None:
    """The question what is known of who calls, for a flow that keeps profiles; it is asked while the phone rings, and
    the answer is not waited for."""
    number = number_of(invite.caller) if chosen.flow.profile.remember != "off" else ""
    if not number:
        return None
    parameters = {"number": number}
    return Query(
        call=call, id=PROFILE, node="", kind="profile", request={}, parameters=parameters, deadline_s=PROFILE_WAIT_S
    )


def note_refusal(
    writer: Writer, call: str, invite: Invite, refused: Refused, at: datetime.datetime, config: CallConfig
) -> None:
    """A whole journal of three lines."""
    entries: list[journal.Entry] = [
        first_line(invite, at, config, None),
        journal.Rejected(sip_status=refused.status, reason=refused.reason),
        journal.Closed(at=stamp(at), reason="rejected"),
    ]
    writer.put(Begin(call, journal_path(call, at)))
    for seq, entry in enumerate(entries, start=1):
        writer.put(Line(call, replace(entry, call=call, seq=seq)))
    writer.put(End(call))
