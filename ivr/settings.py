"""All settings, one tree: defaults < ivr.toml < environment `IVR_*` (docs/settings.md).

`IVR_SIP_PORT=5070` sets `sip.port`: the first word after IVR_ names the section, the rest the key; `IVR_STATE`,
`IVR_CACHE` and `IVR_FLOWS` stand at the top. Lists and tables are given as JSON. Keys marked live will also come from
the database.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


def _xdg(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / fallback) / "ivr"


class Section(BaseModel):
    """One table of ivr.toml."""

    model_config = ConfigDict(extra="forbid")


class Trunk(Section):
    """A SIP provider where this server registers."""

    name: str = Field(description="how logs and `ivr doctor` call it")
    registrar: str = Field(description="sip:provider.example or sip:host:port;transport=tcp")
    user: str = Field(description="user of the address of record and of the digest")
    password: SecretStr = Field(description="better in the environment than in a file")
    realm: str = Field("*", description="realm of the digest; `*`: any")
    domain: str = Field("", description="domain of our address of record; the registrar's host when empty")
    expires_s: int = Field(300, ge=30, le=86400, description="registered anew before this runs out")
    proxy: str = Field("", description="outbound proxy, sip:host;lr")
    keep_alive_s: int = Field(15, ge=0, le=600, description="keeps a NAT's binding open; 0: off")


class Credential(Section):
    """A caller who must prove who calls."""

    user: str
    password: SecretStr


class Sip(Section):
    """Signalling and media of calls."""

    port: int = Field(5060, ge=0, le=65535, description="UDP and TCP port; 0 takes a free one")
    addresses: list[str] = Field(["0.0.0.0"], description="addresses to listen on")
    transports: list[Literal["udp", "tcp"]] = Field(["udp", "tcp"], description="what to listen for on each address")
    public_address: str = Field("", description="address that callers see when this machine is behind NAT")
    local_networks: list[str] = Field(
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        description="callers from these networks see the local address, not `public_address`",
    )
    rtp_port: int = Field(0, ge=0, le=65000, description="first RTP port; 0 chooses a free range")
    rtp_ports: int = Field(2048, ge=8, le=60000, description="size of the RTP port range; two ports a call")
    max_calls: int = Field(100, ge=1, le=500, description="more calls get 503 with Retry-After")
    retry_after_s: int = Field(10, ge=1, le=3600, description="Retry-After of that 503")
    number_from: list[Literal["request_uri", "to", "p_called_party_id", "diversion"]] = Field(
        ["p_called_party_id", "request_uri", "to", "diversion"],
        description="where the dialled number is read, in order",
    )
    region: str = Field("US", min_length=2, max_length=2, description="country of numbers written without one")
    peers: list[str] = Field([], description="networks that may call; empty: everybody")
    credentials: list[Credential] = Field([], description="callers must authenticate (digest) as one of these")
    realm: str = Field("ivr", description="realm of that digest")
    trunks: list[Trunk] = Field([], description="providers where this server registers (docs/sip.md)")
    codecs: list[Literal["PCMU", "PCMA"]] = Field(["PCMU", "PCMA"], description="G.711 µ-law, A-law; preferred first")
    ptime_ms: Literal[10, 20, 30, 40, 50, 60] = Field(
        20, description="length of the packets sent, unless the caller asks otherwise"
    )
    session_timer_s: int = Field(1800, ge=0, description="RFC 4028; 0 switches it off", lt=86400)
    media_timeout_s: int = Field(20, ge=2, le=3600, description="a call without RTP this long is ended, unless on hold")
    start_wait_ms: int = Field(400, ge=0, le=2000, description="wait for ACK and first RTP before the first prompt")
    ring_ms: int = Field(0, ge=0, le=30000, description="time between 180 and 200")
    inband_keys: bool = Field(False, description="also listen for key tones in the sound")
    originate: list[str] = Field(
        [], description="what the server may be told to call: `+1415*`, `sip:*@pbx.example`; empty: nobody"
    )
    local_port: int = Field(0, ge=0, le=65535, description="second port, used by `ivr call` and `ivr answer`")


class Hearing(Section):
    """Detector of speech, ends of turns, interruption."""

    detector: Literal["webrtcvad", "silero"] = Field(
        "silero", description="what tells speech from other sound; without its model: webrtcvad"
    )
    aggressiveness: int = Field(2, ge=0, le=3, description="of webrtcvad; more lets less noise through")
    start_ms: int = Field(
        60, ge=20, le=500, description="voice this long starts an utterance or interrupts; webrtcvad: 100 at least"
    )
    stop_ms: int = Field(100, ge=40, le=2000, description="silence this long is a pause")
    pre_roll_ms: int = Field(400, ge=0, le=2000, description="sound before the voice that the recognizer also hears")
    resume_ms: int = Field(700, ge=100, le=3000, description="a paused prompt goes on when no words come this long")
    min_level_db: float = Field(-45.0, ge=-80, le=0, description="quieter sound never starts an utterance")


class Asr(Section):
    """Recognition."""

    engines: dict[str, list[str]] = Field(
        {"en": ["vosk", "moonshine"], "ko": ["vosk"]},
        description="engines a language, first pass first; those without their model are left out",
    )
    recognizers: int = Field(0, ge=0, le=64, description="processes; 0: one a core, two at most")
    threads: int = Field(1, ge=1, le=8, description="threads of one recognizer")
    beam: int = Field(8, ge=1, le=16, description="width of the search held to a grammar")
    timeout_s: float = Field(3.0, gt=0, le=30, description="a recognizer that is this late is given up")
    second_pass: Literal["auto", "always", "doubtful"] = Field(
        "auto", description="when the last engine is asked; auto: always here, when the one before doubts elsewhere"
    )
    websocket_url: str = Field(
        "", description="engine `websocket`: ws://host:2700, a server that speaks vosk-server's way"
    )
    rest_url: str = Field("", description="engine `rest`: address of an OpenAI-compatible API, up to /v1")
    rest_model: str = Field("whisper-1", description="model that engine `rest` asks for")
    rest_key: SecretStr = Field(SecretStr(""), description="key of engine `rest`")
    emotion: bool = Field(False, description="tell how callers sound: `emotion.frustrated`, `emotion.calm` in flows")
    remote_timeout_s: float = Field(2.0, gt=0, le=30, description="a remote engine later than this loses the turn")


class Nlu(Section):
    """Understanding."""

    rasa: Literal["auto", "off"] = Field("auto", description="off: only the built-in classifier")
    rasa_url: str = Field("", description="an external Rasa; empty: ours")
    rasa_port: int = Field(0, ge=0, le=65535, description="port of ours; 0 takes a free one")
    deadline_s: float = Field(0.4, gt=0, le=10, description="a Rasa later than this loses the turn to the built-in one")


class Tts(Section):
    """Speaking."""

    engines: dict[str, list[str]] = Field(
        {"en": ["recorded", "piper", "espeak"], "ko": ["recorded", "espeak"]}, description="best first, a language"
    )
    voices: dict[str, str] = Field({}, description="voice a language; the engine's default else")
    rate: float = Field(1.0, ge=0.5, le=2.0, description="speed of the synthesized voice")
    deadline_s: float = Field(2.5, gt=0, le=30, description="a synthesizer later than this loses to the next")
    rest_url: str = Field("", description="engine `rest`: an OpenAI-compatible API, up to /v1; or where plain posts go")
    rest_style: Literal["openai", "plain"] = Field("openai", description="how engine `rest` is asked")
    rest_model: str = Field("tts-1", description="model that engine `rest` asks for")
    rest_voice: str = Field("alloy", description="its voice, where `tts.voices` names none")
    rest_key: SecretStr = Field(SecretStr(""), description="key of engine `rest`")


class Publishing(Section):
    """Which flows serve."""

    files: bool = Field(False, description="for development: lines with `version: published` serve the files")
    second_approver: bool = Field(False, description="what is published serves once somebody else approved it")


class Database(Section):
    """Records."""

    url: str = Field("", description="postgresql://...; empty: DATABASE_URL, else the embedded server")
    query_url: str = Field("", description="login of query nodes; empty: role ivr_query of the same database")
    port: int = Field(0, ge=0, le=65535, description="TCP port of the embedded server; 0: Unix socket only")
    profile_days: int = Field(
        365, ge=1, le=3650, description="what is known of callers by number is forgotten when they do not call so long"
    )


class Queries(Section):
    """What flows ask of other systems (docs/business.md)."""

    hosts: list[str] = Field(
        ["*"],
        description="hosts that flows may ask over HTTP: names, `*.acme.example`, addresses, networks; `*`: every "
        "public one. Private addresses and this machine only when named",
    )
    headers: dict[str, dict[str, SecretStr]] = Field(
        {}, description="host to headers with its secrets, sent to no other; `env:NAME` is read from the environment"
    )
    max_bytes: int = Field(1_000_000, ge=1000, le=50_000_000, description="a longer answer is an error")
    ca_file: str = Field("", description="PEM file of authorities to trust besides the usual ones")
    cache: Literal["memory", "redis"] = Field(
        "memory", description="where answers are kept (`cache:` of a node); redis: over restarts and by all machines"
    )


class Webhooks(Section):
    """What is told to a company's own systems (docs/business.md)."""

    urls: list[str] = Field([], description="addresses that are told of every call")
    events: list[
        Literal["call.started", "call.turn", "call.transferred", "call.ended", "message.left", "call_back.wanted"]
    ] = Field(
        ["call.started", "call.turn", "call.transferred", "call.ended", "message.left", "call_back.wanted"],
        description="what they are told",
    )
    secret: SecretStr = Field(SecretStr(""), description="signs what is sent; 16 characters at least")
    timeout_s: float = Field(5.0, gt=0, le=60, description="a receiver later than this is asked again")
    keep_h: float = Field(24.0, gt=0, le=720, description="events that nobody took this long are given up")
    send_url: str = Field("", description="where `send` nodes' text messages and e-mails go")

    @model_validator(mode="after")
    def _signed(self) -> "Webhooks":
        if (self.urls or self.send_url) and len(self.secret.get_secret_value()) < 16:
            raise ValueError("webhooks are signed: set webhooks.secret, 16 characters at least")
        return self


class Tasks(Section):
    """Background tasks of flows (docs/business.md)."""

    urls: dict[str, str] = Field({}, description="task to the address that runs it, asked by POST")
    timeout_s: float = Field(300.0, gt=0, le=86400, description="a try that takes longer failed")
    tries: int = Field(5, ge=1, le=100, description="how often a task that fails is run")
    worker: Literal["services", "celery"] = Field(
        "services", description="who runs them: the services process, or a Celery worker of its own with Redis"
    )
    at_once: int = Field(20, ge=1, le=1000, description="as many run at once; processes of Celery's worker")


class Redis(Section):
    """Background tasks with Celery and shared answers (docs/business.md)."""

    url: str = Field("", description="redis://... ; empty: our own, started when a setting above needs it")


class Control(Section):
    """This node's control API."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(0, ge=0, le=65535, description="0 takes a free one, written to <state>/run/control.json")
    token: SecretStr = Field(SecretStr(""), description="empty: made at the first start, in <state>/secrets")


class Web(Section):
    """Pages and API for supervisors and administrators (docs/web)."""

    on: bool = Field(True, description="`ivr up` starts them")
    host: str = Field("127.0.0.1", description="address to listen on; others than this machine's need HTTPS before it")
    port: int = Field(8080, ge=0, le=65535, description="0 takes a free one, written to <state>/run/web.json")
    url: str = Field(
        "", pattern=r"^(https?://[^/\s]+)?$", description="address that browsers use, when a proxy stands before it"
    )
    proxies: list[str] = Field([], description="addresses of proxies whose X-Forwarded-For and -Proto are believed")
    idle_h: float = Field(12.0, gt=0, le=720, description="a session that was not used this long is over")
    session_h: float = Field(168.0, gt=0, le=8760, description="a session is over after this, used or not")
    second_factor: Literal["optional", "required"] = Field(
        "optional", description="required: who has none sets one up at the next sign-in"
    )
    secret: SecretStr = Field(
        SecretStr(""), description="encrypts second factors; the same on every node; empty: made, in <state>/secrets"
    )
    oidc_issuer: str = Field("", description="OpenID Connect: https://... of the provider; empty: passwords only")
    oidc_name: str = Field("OpenID Connect", description="how the sign-in page calls it")
    oidc_client_id: str = Field("", description="as the provider knows us")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="better in the environment than in a file")
    oidc_claim: str = Field("groups", description="claim of the ID token that tells roles")
    oidc_roles: dict[str, Literal["viewer", "supervisor", "administrator", "operator", "auditor"]] = Field(
        {}, description="value of that claim to role; who has none may not sign in"
    )
    passwords: bool = Field(True, description="false: only OpenID Connect signs people in")


class Mail(Section):
    """The report of the week, mailed every Monday (docs/web/insight.md)."""

    host: str = Field("", description="SMTP server that takes our mail; empty: no mail")
    port: int = Field(
        587, ge=1, le=65535, description="587 with STARTTLS, 465 with TLS from the start, 25 with neither"
    )
    tls: Literal["starttls", "tls", "off"] = Field("starttls", description="how the way there is encrypted")
    ca_file: str = Field("", description="PEM file of authorities to trust besides the usual ones")
    user: str = Field("", description="signs in when the server wants it")
    password: SecretStr = Field(SecretStr(""), description="better in the environment than in a file")
    sender: str = Field("", description="address that the mail comes from")
    to: list[str] = Field([], description="addresses that get the report every Monday; empty: nobody")
    hour: int = Field(7, ge=0, le=23, description="of Monday, from which on it is sent")
    zone: str = Field("", description="time zone of the week and the hour, as Asia/Seoul; empty: that of the lines")
    timeout_s: float = Field(20.0, gt=0, le=300, description="a server later than this is asked again")

    @model_validator(mode="after")
    def _whole(self) -> "Mail":
        if self.host and self.to and "@" not in self.sender:
            raise ValueError("mail.sender must be an address when mail.to has some")
        if self.password.get_secret_value() and self.tls == "off":
            raise ValueError("mail.password is sent encrypted only: set mail.tls")
        if any("@" not in it or "\n" in it or "\r" in it for it in [*self.to, *filter(None, [self.sender])]):
            raise ValueError("mail.to and mail.sender are addresses, as desk@acme.example")
        return self


class Up(Section):
    """`ivr up`."""

    drain_s: float = Field(
        30.0,
        ge=0,
        le=86400,
        description="SIGTERM lets calls in progress go on this long; a second one, or Ctrl-C, ends them",
    )


class Overload(Section):
    """The ladder that is climbed when there is more to do than this machine can (docs/overload.md)."""

    highest_step: int = Field(7, ge=0, le=7, description="the ladder goes no further; 0: it is not used")
    late_percent: float = Field(
        2.0, ge=0, le=100, description="share of late frames that is too much; 0: not looked at"
    )
    queue_ms: int = Field(
        800, ge=0, le=10000, description="age of an owed recognition that is too much; 0: not looked at"
    )
    cpu_percent: float = Field(
        85.0, ge=0, le=100, description="of the one core that media can use, too much; 0: not looked at"
    )
    climb_ms: int = Field(
        1000, ge=100, le=60000, description="too much for so long climbs a step; half of it when twice"
    )
    descend_ms: int = Field(
        10000, ge=100, le=600000, description="all below half of the limits for so long comes down a step"
    )
    calls_per_second: float = Field(50.0, ge=0, le=1000, description="new calls beyond get 503 at once; 0: no limit")
    busy_calls: int = Field(100, ge=0, le=400, description="callers at once who hear `busy`; more get 503")


class Log(Section):
    """Log lines on standard error; never caller's words."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="lines below are not written")
    format: Literal["text", "json"] = Field("text", description="for people or for a log collector")


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="IVR_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", validate_default=True
    )

    state: Annotated[Path, Field(description="everything that this instance keeps")] = _xdg(
        "XDG_STATE_HOME", ".local/state"
    )
    cache: Annotated[Path, Field(description="results of slow set-up steps")] = _xdg("XDG_CACHE_HOME", ".cache")
    flows: Annotated[Path, Field(description="folder of flows and lines.yaml")] = Path("flows")
    sounds: Annotated[Path, Field(description="folder of recorded prompts")] = Path("sounds")
    node: Annotated[str, Field(description="name of this machine in the records")] = os.uname().nodename
    sip: Sip = Sip()
    hearing: Hearing = Hearing()
    asr: Asr = Asr()
    nlu: Nlu = Nlu()
    tts: Tts = Tts()
    publishing: Publishing = Publishing()
    database: Database = Database()
    queries: Queries = Queries()
    webhooks: Webhooks = Webhooks()
    tasks: Tasks = Tasks()
    redis: Redis = Redis()
    control: Control = Control()
    web: Web = Web()
    mail: Mail = Mail()
    up: Up = Up()
    overload: Overload = Overload()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def run(self) -> Path:
        """Sockets, locks and process ids of the running instance."""
        return self.state / "run"


def config_file() -> Path | None:
    """`IVR_CONFIG`, else ivr.toml here, else in the state folder; None when there is none."""
    named = os.environ.get("IVR_CONFIG")
    if named:
        return Path(named)
    state = Path(os.environ.get("IVR_STATE") or _xdg("XDG_STATE_HOME", ".local/state"))
    return next((p for p in (Path("ivr.toml"), state / "ivr.toml") if p.is_file()), None)


def read_file(path: Path | None) -> dict[str, Any]:
    """The tables of ivr.toml; empty when there is no file."""
    return {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))


def load() -> Settings:
    """Raises SettingsError (settings_error.py) with name, value and what is allowed."""
    from ivr.settings_error import explain  # the printer is only needed when something is wrong

    path = config_file()
    try:
        return Settings(**read_file(path))
    except (OSError, ValueError) as error:
        raise explain(error, path) from None
