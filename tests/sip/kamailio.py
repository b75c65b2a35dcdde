"""Kamailio as a provider: registrar with digest, and calls to who is registered."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

CONFIG = """
debug=2
log_stderror=yes
memdbg=5
memlog=5
fork=yes
children=2
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{modules}
modparam("registrar", "max_expires", {expires})
modparam("registrar", "min_expires", 1)
modparam("registrar", "default_expires", {expires})
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 1)
request_route {{
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            www_challenge("{realm}", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route() || is_method("ACK")) t_relay(); else sl_send_reply("404", "Not here");
        exit;
    }}
    if (is_method("INVITE")) record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not registered"); exit; }}
    append_hf("P-Asserted-Identity: <sip:+12125550123@provider>\\r\\n");
    t_relay();
}}
"""
MODULES = ("tm", "sl", "rr", "pv", "usrloc", "registrar", "auth", "siputils", "textops", "maxfwd")


class Kamailio:
    """One running Kamailio; everybody's password is the same."""

    def __init__(self, folder: Path, password: str = "s3cret", realm: str = "provider", expires: int = 60) -> None:
        program = shutil.which("kamailio")
        assert program is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        modules = "\n".join(f'loadmodule "{name}.so"' for name in MODULES)
        config = folder / "kamailio.cfg"
        config.write_text(
            "#!KAMAILIO\n"
            + CONFIG.format(port=self.port, modules=modules, password=password, realm=realm, expires=expires)
        )
        self.log = folder / "kamailio.log"
        self._process = subprocess.Popen(
            [
                program,
                "-DD",
                "-E",
                "-f",
                str(config),
                "-m",
                "64",
                "-M",
                "8",
                "-Y",
                str(folder),
                "-P",
                str(folder / "pid"),
            ],
            stderr=self.log.open("wb"),
            stdout=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        raise AssertionError(self.log.read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
