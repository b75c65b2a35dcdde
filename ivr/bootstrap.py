"""Builds and wires the processes: the only file that knows every layer. Heavy imports wait until they are needed."""

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ivr.insight import flow_folder
from ivr.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ivr.business.http import HttpQueries
    from ivr.business.knowledge import KnowledgeBase
    from ivr.business.redis_cache import RedisAnswers
    from ivr.business.tasks import Tasks
    from ivr.call.config import CallConfig
    from ivr.dialogue.session import Session
    from ivr.events import CallStarted
    from ivr.flow.loader import Loaded
    from ivr.flow.models import Published
    from ivr.insight.serving import Servings
    from ivr.insight.weekly_mail import MailConfig, MondayMail
    from ivr.ports import Recognizer, Synthesizer
    from ivr.records.address import Address
    from ivr.records.webhooks import Webhook
    from ivr.services.flow_watch import Compiled
    from ivr.services.parts import Parts, ServicesConfig
    from ivr.sip.config import SipConfig
    from ivr.web.parts import WebParts

log = structlog.get_logger()
MOST_CALLS = 500
"""Of `sip.max_calls` and those who hear that the line is busy: what pjsua2 is compiled for, less some for transfers."""


def database(values: Settings) -> "Address":
    """Where records go: the setting, DATABASE_URL, or the embedded server."""
    from ivr.records.address import resolve

    url = values.database.url or os.environ.get("DATABASE_URL", "")
    return resolve(values.state, url, values.database.query_url, values.database.port)


# --- media -----------------------------------------------------------------------------------------------------


def new_session(values: Settings) -> "Callable[[Published, CallStarted], Session]":
    """Makes the session of a call."""
    from ivr.audio.frames import frames_of_ms
    from ivr.dialogue.session import Session
    from ivr.dialogue.timing import Timing

    timing = Timing(
        pre_roll=frames_of_ms(values.hearing.pre_roll_ms),
        resume=frames_of_ms(values.hearing.resume_ms),
    )

    def make(published: "Published", _: "CallStarted") -> Session:
        destinations = published.lines.destinations if published.lines is not None else {}
        return Session(published.flows, destinations=destinations, timing=timing)

    return make


def call_config(values: Settings) -> "CallConfig":
    """What the audio loop needs of the settings."""
    import structlog
    from uuid_utils import uuid7

    from ivr import models
    from ivr.audio.endpointing import EndpointParameters
    from ivr.audio.frames import frames_of_ms
    from ivr.call.config import CallConfig, HearingConfig
    from ivr.call.overload import Limits, Step
    from ivr.hearing import LEAST_START, choose

    hearing = values.hearing
    name = hearing.detector
    if name == "silero" and models.path("silero-vad", values.cache) is None:
        structlog.get_logger().warning("silero is not installed: webrtcvad, which takes more noises for speech")
        name = "webrtcvad"
    start = max(frames_of_ms(hearing.start_ms), LEAST_START[name])
    endpoint = EndpointParameters(
        start=start, window=start + 2, stop=frames_of_ms(hearing.stop_ms), floor_db=hearing.min_level_db
    )
    return CallConfig(
        state=values.state.absolute(),
        hearing=HearingConfig(
            detector=choose(name, hearing.aggressiveness, values.cache),
            endpoint=endpoint,
            inband_keys=values.sip.inband_keys,
        ),
        node=values.node,
        instance=str(uuid7()),
        max_calls=values.sip.max_calls,
        retry_after_s=values.sip.retry_after_s,
        ring_ms=values.sip.ring_ms,
        start_wait_ms=values.sip.start_wait_ms,
        recognizers=values.asr.recognizers or min(os.cpu_count() or 1, 2),
        recognizer_timeout_s=values.asr.timeout_s,
        speak_deadline_s=values.tts.deadline_s,
        limits=Limits(
            late_share=values.overload.late_percent / 100,
            queue_s=values.overload.queue_ms / 1000,
            cpu_share=values.overload.cpu_percent / 100,
            climb_s=values.overload.climb_ms / 1000,
            descend_s=values.overload.descend_ms / 1000,
            highest=Step(values.overload.highest_step),
        ),
        calls_per_second=values.overload.calls_per_second,
        busy_calls=values.overload.busy_calls,
    )


def sip_config(values: Settings) -> "SipConfig":
    """What the SIP endpoint needs of the settings."""
    from ivr.sip.config import Credential, SipConfig, TrunkConfig

    sip = values.sip
    trunks = [
        TrunkConfig(**{**trunk.model_dump(), "password": trunk.password.get_secret_value()}) for trunk in sip.trunks
    ]
    credentials = [Credential(it.user, it.password.get_secret_value()) for it in sip.credentials]
    names = (
        "addresses", "port", "transports", "public_address", "local_networks", "rtp_port", "rtp_ports", "max_calls",
        "retry_after_s", "number_from", "region", "peers", "realm", "codecs", "ptime_ms", "session_timer_s",
        "media_timeout_s", "originate",
    )  # fmt: skip
    same: dict[str, Any] = {name: getattr(sip, name) for name in names}
    same["max_calls"] = min(sip.max_calls + values.overload.busy_calls, MOST_CALLS)
    same |= {name: tuple(value) for name, value in same.items() if isinstance(value, list)}
    return SipConfig(
        **same,
        trunks=tuple(trunks),
        credentials=tuple(credentials),
    )


# --- services -------------------------------------------------------------------------------------------------


def services(values: Settings, mocks: Path | None = None) -> "tuple[ServicesConfig, Parts, Callable[[Path], Compiled]]":
    """The services process. `mocks`: folder of answers of queries in tests (business/mocked.py)."""
    from ivr.business.cache import AnswerCache
    from ivr.business.knowledge import KnowledgeBase
    from ivr.business.messages import Messages
    from ivr.business.mocked import MockedQueries
    from ivr.business.queries import Queries
    from ivr.business.sql import SqlQueries
    from ivr.records import store
    from ivr.records.agent_desk import AgentDesk
    from ivr.records.call_metrics import CallMetrics
    from ivr.records.counting import Counting
    from ivr.records.delivery import Delivery
    from ivr.records.live import LiveJournals
    from ivr.records.live_watch import LiveWatch
    from ivr.records.nodes import Heartbeat
    from ivr.records.profiles import Profiles, keep_young
    from ivr.services.fields import parse_field
    from ivr.services.metrics import REGISTRY
    from ivr.services.parts import Parts, ServicesConfig

    state = values.state.absolute()
    config = ServicesConfig(
        state=state,
        flows=values.flows.absolute(),
        node=values.node,
        control_host=values.control.host,
        control_port=values.control.port,
        control_token=values.control.token.get_secret_value(),
    )
    found = database(values)
    sql = SqlQueries(found.query_url, found.query_role)
    http = http_queries(values)
    knowledge = KnowledgeBase()
    messages = Messages(values.webhooks.send_url, values.webhooks.secret.get_secret_value())
    tasks = background_tasks(values)
    answers = shared_answers(values)
    queries: Queries | MockedQueries = Queries(
        sql, AnswerCache(store=answers), {"http": http, "answer": knowledge, "send": messages, "task": tasks}
    )
    if mocks is not None:
        queries = MockedQueries(mocks, queries)
        log.warning("answers of queries come from a folder of mocks", folder=str(mocks))
    engine = partial(store.migrated, found.url)
    media: dict[str, Any] = {}
    parts = Parts(
        parse_field=parse_field,
        querier=queries,
        live=LiveJournals(state / "journals", state / "recordings", state / "run" / "calls"),
        background=[
            Delivery(state / "journals", engine),
            Counting(state / "journals", CallMetrics(REGISTRY), state / "run" / "counted.json"),
            Heartbeat(engine, partial(node_row, values, media)),
            *webhooks(values),
            *monday_mail(values, engine),
        ],
        media_status=media,
        on_stop=[queries.finish, sql.close, http.close, messages.close, tasks.close],
    )
    if answers is not None:
        parts.on_stop.append(answers.close)
    parts.forever["tasks"] = tasks.run
    watch = LiveWatch(found.url, state / "live.json", lambda values: parts.tell_live(values))  # noqa: PLW0108 - set later
    desk = AgentDesk(engine, values.node, lambda what: parts.tell_desk(what))  # noqa: PLW0108 - set later
    parts.desk, parts.forever["line for agents"] = desk, desk.run
    parts.forever["live values"] = watch.run
    profiles = Profiles(found.url, values.database.profile_days)
    parts.profiles = profiles
    parts.on_stop.append(profiles.close)
    parts.forever["old profiles"] = partial(keep_young, engine, values.database.profile_days)
    parts.late = {
        "speaker": partial(_speaking, values, state, parts),
        "understander": partial(_understanding, values, state, parts, knowledge),
    }
    servings = served_flows(values, engine)
    parts.flows_beside = servings.signature
    return config, parts, servings.compile


def http_queries(values: Settings) -> "HttpQueries":
    """What flows ask over HTTP."""
    from ivr.business.http import HttpConfig, HttpQueries

    queries = values.queries
    headers = {
        host: {name: secret.get_secret_value() for name, secret in given.items()}
        for host, given in queries.headers.items()
    }
    return HttpQueries(HttpConfig(tuple(queries.hosts), queries.max_bytes, headers, queries.ca_file))


def background_tasks(values: Settings) -> "Tasks":
    """What flows start and do not wait for, or not to its end."""
    from ivr.business.task_files import TaskFiles
    from ivr.business.tasks import Tasks, TasksConfig

    secret = values.webhooks.secret.get_secret_value()
    config = TasksConfig(
        values.tasks.urls, secret, tuple(values.webhooks.urls), values.tasks.timeout_s, values.tasks.tries,
        at_once=values.tasks.at_once, max_bytes=values.queries.max_bytes,
    )  # fmt: skip
    runner = None
    if values.tasks.worker == "celery" and values.tasks.urls:
        from ivr.business.task_worker import CeleryRunner

        runner = CeleryRunner(redis_address(values), values.tasks.timeout_s, secret)
    return Tasks(config, TaskFiles(values.state.absolute() / "tasks"), runner)


def redis_address(values: Settings) -> str:
    """The Redis of the settings, else our own."""
    from ivr.business.redis_server import address

    return address(values.state.absolute(), values.redis.url)


def shared_answers(values: Settings) -> "RedisAnswers | None":
    """Where answers of queries are kept besides this process's memory."""
    if values.queries.cache != "redis":
        return None
    from ivr.business.redis_cache import RedisAnswers

    return RedisAnswers(redis_address(values))


def webhooks(values: Settings) -> "list[Webhook]":
    """One an address that is told of calls."""
    from ivr.records.webhooks import Webhook, WebhookConfig

    state, told = values.state.absolute(), values.webhooks
    made = []
    for number, url in enumerate(told.urls, 1):
        config = WebhookConfig(
            url, told.secret.get_secret_value(), frozenset(told.events), told.timeout_s, told.keep_h * 3600
        )
        note = state / "webhooks" / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
        made.append(Webhook(state / "journals", note, config, f"webhook-{number}"))
    return made


def mail_config(values: Settings) -> "MailConfig":
    """How the report of the week is mailed."""
    from ivr.insight.weekly_mail import MailConfig

    mail = values.mail
    return MailConfig(
        mail.host, mail.port, mail.tls, mail.sender, tuple(mail.to), mail.user, mail.password.get_secret_value(),
        mail.ca_file, mail.hour, mail.timeout_s, values.web.url,
    )  # fmt: skip


def report_zone(values: Settings) -> str:
    """Time zone of reports: as set, else that of most lines. Raises ZoneInfoNotFoundError for one that is none."""
    from zoneinfo import ZoneInfo

    from ivr.web.line_names import zones

    return ZoneInfo(values.mail.zone or zones(values.flows.absolute())[0]).key


def monday_mail(values: Settings, engine: "Callable[[], Engine]") -> "list[MondayMail]":
    """Nobody without somebody to send it to."""
    if not values.mail.host or not values.mail.to:
        return []
    from ivr.insight.weekly_mail import MondayMail

    return [MondayMail(engine, values.node, mail_config(values), partial(report_zone, values))]


def served_flows(values: Settings, engine: "Callable[[], Engine] | None" = None) -> "Servings":
    """The files and the published versions that serve here. `engine`: to a database with the newest tables."""
    from ivr.insight.serving import Servings
    from ivr.records import store
    from ivr.records.version_source import VersionSource

    state = values.state.absolute()
    if values.publishing.files:
        return Servings(state, None)
    source = VersionSource(state / "flows", engine or partial(store.engine, database(values).url))
    return Servings(state, source)


def _understanding(values: Settings, state: Path, parts: "Parts", knowledge: "KnowledgeBase") -> None:
    import asyncio

    from ivr import models
    from ivr.nlu.builtin import Builtin
    from ivr.nlu.chain import Chain
    from ivr.nlu.rasa import Rasa

    builtin = Builtin(state / "nlu", models.path("minilm-en", values.cache))
    knowledge.embedder = builtin.embedder
    rasa = None
    if values.nlu.rasa != "off":
        deadline_s = max(values.nlu.deadline_s - 0.05, 0.05)  # the built-in parser answers within the rest
        rasa = Rasa(values.nlu.rasa_url or state / "run" / "rasa.json", deadline_s)
        parts.on_stop.append(rasa.close)
    parts.understander = Chain(rasa, builtin)

    async def train(loaded: "Loaded") -> None:
        sets = [one for part in (*loaded.editions, loaded) for one in flow_folder.training_sets(part)]
        await asyncio.to_thread(builtin.publish, sets)
        if rasa is not None:
            rasa.publish(sets)

    async def learn(loaded: "Loaded") -> None:
        await knowledge.publish(
            {k: v for part in (*loaded.editions, loaded) for k, v in flow_folder.knowledge(part).items()}
        )

    parts.on_flows += [learn, train]


def voices(values: Settings, only: dict[str, list[str]] | None = None) -> "dict[str, list[Synthesizer]]":
    """language -> engines, best first; `only`: other ones than the settings name."""
    from ivr import models
    from ivr.tts.engines import by_language
    from ivr.tts.rest import RestVoice

    tts = values.tts
    rest = RestVoice(
        tts.rest_url, tts.rest_style, tts.rest_model, tts.rest_voice, tts.rest_key.get_secret_value(), tts.deadline_s
    )
    found = partial(models.path, "piper-joe-en", values.cache)
    return by_language(only or tts.engines, values.sounds.absolute(), found, rest)


def _speaking(values: Settings, state: Path, parts: "Parts") -> None:
    from ivr.tts.ahead import Rendered, render_ahead
    from ivr.tts.cache import PromptCache
    from ivr.tts.heads import heads
    from ivr.tts.speaker import Speaker

    speaker = Speaker(
        voices(values),
        PromptCache(state / "prompts"),
        flows=values.flows.absolute(),
        engine_deadline_s=values.tts.deadline_s,
        on_cached=lambda notice: parts.tell_media(notice),  # noqa: PLW0108 - the process sets it later
        voices=values.tts.voices,
        versions=state / "flows" / "versions",
    )
    parts.speaker = speaker

    async def render(loaded: "Loaded") -> None:
        def progress(done: int, total: int, last: Rendered) -> None:
            if last.fresh or done == total:
                log.info("prompts rendered ahead", done=done, total=total, source=last.source)

        parts_ = (loaded, *loaded.editions)
        prompts = dict.fromkeys(it for part in parts_ for it in flow_folder.fixed_prompts(part, values.tts.rate))
        flows = [flow for part in parts_ if part.published for flow in part.published.flows.values()]
        speaker.beginnings, begun = heads(flows, values.tts.rate)
        await render_ahead(speaker, [*prompts, *begun], progress)

    parts.on_flows.append(render)


def node_row(values: Settings, media: dict[str, Any]) -> dict[str, Any]:
    """This node's row of table `nodes`, now. `media`: what the media process said last (services/process.py)."""
    run = values.state / "run"
    control, serving = told(run / "control.json"), told(run / "media.json")
    return {
        "name": values.node,
        "address": str(control.get("url", "")),
        "pid": int(control.get("pid", 0)),
        "sip": " ".join(map(str, serving.get("sip", []))),
        "version": importlib.metadata.version("ivr"),
        "max_calls": int(media.get("max_calls", 0)),
        "live_calls": int(media.get("live_calls", 0)),
        "draining": bool(media.get("draining")),
    }


def told(path: Path) -> dict[str, Any]:
    """What a process wrote of itself to run/<name>.json; empty before it did."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


# --- recognition ----------------------------------------------------------------------------------------------


def recognition(
    values: Settings, wanted: dict[str, list[str]] | None = None, beam: int = 0
) -> "dict[str, list[Recognizer]]":
    """language -> engines whose model is there, first pass first; `wanted`: other than the settings name."""
    from ivr import models
    from ivr.asr.engines import EngineOptions, load_engines

    asr = values.asr
    options = EngineOptions(
        beam or asr.beam, asr.threads, asr.websocket_url, asr.rest_url, asr.rest_model, asr.rest_key.get_secret_value(),
        asr.remote_timeout_s,
    )  # fmt: skip
    return load_engines(wanted or asr.engines, lambda name: models.path(name, values.cache), options)


# --- pages ----------------------------------------------------------------------------------------------------


def web(values: Settings) -> "WebParts":
    """The pages' process."""
    from ivr.records import store
    from ivr.web.bundles import Bundles
    from ivr.web.first_time import FirstTime
    from ivr.web.parts import WebParts
    from ivr.web.secret_box import SecretBox, kept

    state = values.state.absolute()
    return WebParts(
        values=values,
        engine=store.engine(database(values).url, pool=10, timeout_s=3),
        state=state,
        flows=values.flows.absolute(),
        bundles=Bundles(values.cache),
        first_time=FirstTime(state / "secrets" / "web_first"),
        box=SecretBox(values.web.secret.get_secret_value() or kept(state / "secrets" / "web.key")),
        speak=_spoken(values),
    )


def _spoken(values: Settings) -> Callable[[str, str], bytes]:
    """Texts as calls say them, by the first engine that can; loaded at the first word."""
    import threading

    loaded: list[dict[str, list[Synthesizer]]] = []
    one = threading.Lock()

    def speak(text: str, language: str) -> bytes:
        from ivr.tts import SynthesisError

        with one:
            if not loaded:
                loaded.append(voices(values))
            for engine in loaded[0].get(language, []):
                try:
                    return engine.synthesize(text, language)
                except SynthesisError as error:
                    log.info("an engine cannot say this", engine=type(engine).__name__, error=type(error).__name__)
        raise SynthesisError(f"nothing speaks {language}")

    return speak
