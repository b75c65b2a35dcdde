"""What pjsua2 is compiled with, and which source archives are known.

Every value here is part of the wheel's name by a hash, so that a change builds a new wheel and an old one is never
mistaken for it. Why each value was chosen is told in docs/setup.md.
"""

from __future__ import annotations

import hashlib
import json

from scripts.pjsua2.patches import PATCHES

MINIMUM_VERSION = (2, 17)

UPSTREAM_VERSION = "2.17"
UPSTREAM_ADDRESS = f"https://github.com/pjsip/pjproject/archive/refs/tags/{UPSTREAM_VERSION}.tar.gz"

# sha256 of an archive -> the version it holds.
KNOWN_ARCHIVES = {
    "065fe06c06788d97c35f563796d59f00ce52fe9558a52d7b490a042a966facce": "2.17 (upstream release)",
    "6860c2f7604b4eee75f38151a9ef69774eb3f0c5286fc1d14bc1db2dc5a9e8aa": "2.17 (Debian, commit 6852b24)",
}

CONFIG_SITE: dict[str, str] = {
    # Size: what one machine may ever be asked for; `sip.max_calls` in the settings stays below.
    "PJSUA_MAX_CALLS": "512",
    "PJSUA_MAX_CONF_PORTS": "2048",
    "PJSUA_MAX_ACC": "64",
    "PJ_IOQUEUE_MAX_HANDLES": "4096",
    "PJSIP_MAX_TSX_COUNT": "16383",
    "PJSIP_MAX_DIALOG_COUNT": "4095",
    "PJSIP_MAX_PKT_LEN": "16000",
    "PJSIP_MAX_URL_SIZE": "2048",
    "PJSIP_MAX_NET_EVENTS": "16",
    "PJSIP_MAX_TIMED_OUT_ENTRIES": "32",
    # A long REFER stays on UDP when the peer has no TCP.
    "PJSIP_DONT_SWITCH_TO_TCP": "1",
    "PJ_HAS_IPV6": "1",
    "PJ_LOG_MAX_LEVEL": "5",
    # Whole SIP messages in the log: the journal takes them from there.
    "PJ_LOG_MAX_SIZE": "17000",
    # Media: what the caller sent is what is heard and recorded.
    "PJMEDIA_HAS_VIDEO": "0",
    "PJMEDIA_CONF_USE_AGC": "0",
    "PJMEDIA_RTP_PT_TELEPHONE_EVENTS": "101",
    "PJMEDIA_STREAM_CHECK_RTP_PT": "1",
    "PJMEDIA_SRTP_HAS_SDES": "1",
    "PJMEDIA_SRTP_HAS_DTLS": "1",
    # RTP source: the first one heard is kept (see patches.py), no number of packets moves it.
    "PJMEDIA_TRANSPORT_SWITCH_REMOTE_ADDR": "1",
    "PJMEDIA_RTP_NAT_PROBATION_CNT": "0x7FFFFFFF",
}

CONFIGURE = (
    "--enable-epoll",
    "--disable-video",
    "--disable-sound",
    "--disable-resample",
    "--disable-upnp",
    "--disable-libyuv",
    "--disable-libwebrtc",
    "--disable-speex-aec",
    "--disable-speex-codec",
    "--disable-gsm-codec",
    "--disable-l16-codec",
    "--disable-g722-codec",
    "--disable-g7221-codec",
    "--disable-ilbc-codec",
    "--disable-opus",
    "--disable-silk",
    "--disable-bcg729",
    "--disable-opencore-amr",
    "--disable-lyra",
    "--with-external-srtp",
)

# NDEBUG: without it a failed assertion on a stranger's packet ends the process.
CFLAGS = "-O2 -DNDEBUG -fPIC"
LDFLAGS = "-Wl,--as-needed"

# Debian's archive lacks this file; upstream's has it. An empty one serves, since no sound device is built.
EMPTY_IF_MISSING = ("pjmedia/src/pjmedia-audiodev/bdimad_dev.c",)


def options_hash() -> str:
    """Eight hexadecimal digits that name this set of options."""
    told = [CONFIG_SITE, CONFIGURE, CFLAGS, LDFLAGS, [patch.after for patch in PATCHES]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]


def config_site() -> str:
    """The text of pjlib/include/pj/config_site.h."""
    return "".join(f"#define {name} {value}\n" for name, value in CONFIG_SITE.items())
