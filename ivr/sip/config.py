"""What the SIP room needs to know, as plain values; bootstrap.py fills them from the settings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credential:
    """A caller who must prove who calls (digest)."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class TrunkConfig:
    """A provider where this server registers; its calls come from there."""

    name: str
    registrar: str
    """`sip:provider.example` or `sip:host:port;transport=tcp`."""
    user: str
    password: str = field(repr=False)
    realm: str = "*"
    domain: str = ""
    """Domain of our address of record; the registrar's host when empty."""
    expires_s: int = 300
    proxy: str = ""
    keep_alive_s: int = 15


@dataclass(frozen=True)
class SipConfig:
    """Signalling and media of one endpoint; the fields are those of settings.Sip."""

    addresses: tuple[str, ...] = ("127.0.0.1",)
    port: int = 0
    """UDP and TCP; 0 takes a free one."""
    transports: tuple[str, ...] = ("udp", "tcp")
    public_address: str = ""
    local_networks: tuple[str, ...] = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    rtp_port: int = 0
    rtp_ports: int = 2048
    max_calls: int = 100
    retry_after_s: int = 10
    number_from: tuple[str, ...] = ("p_called_party_id", "request_uri", "to", "diversion")
    region: str = "US"
    peers: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = ()
    realm: str = "ivr"
    trunks: tuple[TrunkConfig, ...] = ()
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    ptime_ms: int = 20
    session_timer_s: int = 1800
    originate: tuple[str, ...] = ()
    """What this server may be told to call: `+1415*`, `sip:*@pbx.example`."""
    media_timeout_s: float = 20.0
    user_agent: str = "ivr"
    jitter_min_ms: int = 20
    """Least delay of the jitter buffer; it grows by itself with the jitter."""
    jitter_max_ms: int = 400
    login: Credential | None = None
    """How we answer a digest challenge on calls that we make without a trunk."""
    user: str = "ivr"
    """User part of our own address on calls that we make without a trunk."""
