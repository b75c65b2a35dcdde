#!/usr/bin/env python3
"""Installs the Debian packages of scripts/system-packages.txt that this machine lacks.

As root, or with a sudo that asks nothing, apt installs them; otherwise the one command to run is printed and the exit
code is 1. The system's package lists are left as they are. `python3 -m scripts.system_packages run build [test]`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("system-packages.txt")
SECTIONS = ("run", "build", "test")

# The test programs must not begin to serve when they are installed (kamailio would take port 5060).
QUIETLY = """set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod +x $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get install -y --no-install-recommends {packages} || {{
    apt-get update
    apt-get install -y --no-install-recommends {packages}
}}
"""


def listed(sections: list[str], text: str) -> list[str]:
    """The packages of the named sections, in the list's order, without those whose program (`npm = npm`) is there
    already; raises ValueError on a section that is none."""
    unknown = set(sections) - set(SECTIONS)
    if unknown:
        raise ValueError(f"no section {', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    found, section = [], ""
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and section in sections:
            package, _, program = (word.strip() for word in line.partition("="))
            if not (program and shutil.which(program)):
                found.append(package)
    return found


def missing(packages: list[str]) -> list[str]:
    """Those of `packages` that dpkg does not know as installed."""
    command = ["dpkg-query", "-W", "-f", "${binary:Package} ${db:Status-Status}\n", *packages]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = (line.split() for line in told.splitlines())
    installed = {words[0].split(":")[0] for words in lines if words[1:] == ["installed"]}
    return [name for name in packages if name not in installed]


def how_to_install(uid: int, sudo_works: bool) -> list[str] | None:
    """The words before a shell script that installs, or None when a person has to do it."""
    if uid == 0:
        return []
    return ["sudo", "-n"] if sudo_works else None


def by_hand(packages: list[str]) -> str:
    """What a person without sudo is told."""
    return (
        "These system packages are missing and this user may not install them. Have them installed with:\n\n"
        f"    sudo apt-get install --no-install-recommends {' '.join(packages)}\n\nthen run make again."
    )


def sudo_works() -> bool:
    """Whether sudo runs without asking."""
    if shutil.which("sudo") is None:
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def main(sections: list[str]) -> int:
    """Returns 0 when all packages are there, 1 when they are not."""
    packages = listed(sections or ["run", "build"], LIST.read_text())
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        print("system packages: this is no Debian; the equivalents of these are needed:", " ".join(packages))
        return 0
    lacking = missing(packages)
    if not lacking:
        return 0
    before = how_to_install(os.geteuid(), os.geteuid() != 0 and sudo_works())
    if before is None:
        print(by_hand(lacking), file=sys.stderr)
        return 1
    print("system packages: installing", " ".join(lacking), flush=True)
    script = QUIETLY.format(packages=" ".join(map(shlex.quote, lacking)))
    done = subprocess.run(
        [*before, "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    still = missing(lacking)
    if done.returncode == 0 and not still:
        return 0
    print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr)
    print("system packages: apt could not install", " ".join(still or lacking), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
