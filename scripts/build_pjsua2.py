#!/usr/bin/env python3
"""Builds pjproject's pjsua2 into a wheel in the cache, and prints the wheel's path as the last line.

Nothing is done when the wheel is there. An interrupted build goes on with the step it was in: each step leaves a
mark, and make itself continues with the file it was at. Run as `python -m scripts.build_pjsua2 [--force]`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from ivr.cache import cache_folder
from scripts.one_at_a_time import one_at_a_time
from scripts.pjsua2 import options, patches, source

BINDING = "pjsip-apps/src/swig/python"
SIZES = ("PJSUA_MAX_CALLS", "PJSUA_MAX_CONF_PORTS", "PJSUA_MAX_ACC", "PJSIP_MAX_TSX_COUNT", "PJSIP_MAX_PKT_LEN")


class BuildFailed(Exception):
    """A step failed; the message names the log."""


def say(text: str) -> None:
    """One line of progress, on standard error so that standard output holds only the result."""
    print(f"pjsua2: {text}", file=sys.stderr, flush=True)


def python_tag() -> str:
    """The interpreter's tag in a wheel's name, such as cp311."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def find_wheel(folder: Path) -> Path | None:
    """The wheel with these options for this Python, or None."""
    found = sorted(folder.glob(f"pjsua2-*+ivr.{options.options_hash()}-{python_tag()}-*.whl"))
    return found[-1] if found else None


class Build:
    """One build tree under the cache; `work` holds it and the marks of the steps that are done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / f"build-{options.options_hash()}-{python_tag()}"
        self.tree = self.work / "pjproject"
        self.log = self.work / "build.log"

    def run(self) -> Path:
        """Carries out the steps that are not done yet; returns the wheel."""
        resumed = self.work.exists()
        try:
            return self.steps()
        except BuildFailed as error:
            if not resumed:
                raise
            say(f"{error}\nwhat the interrupted build left does not serve: starting over")
            shutil.rmtree(self.work)
            return self.steps()

    def steps(self) -> Path:
        """One pass over the steps; raises BuildFailed or SourceMissing."""
        self.work.mkdir(parents=True, exist_ok=True)
        steps: list[tuple[str, Callable[[], None]]] = [
            ("source", self.fetch),
            ("configure", self.configure),
            ("dependencies", lambda: self.command(["make", "dep"])),
            ("compile", lambda: self.command(["make", f"-j{os.cpu_count() or 1}", "lib"])),
            ("binding", self.swig),
            ("wheel", self.wheel),
        ]
        for number, (name, step) in enumerate(steps, 1):
            mark = self.work / f"{number}-{name}.done"
            if mark.exists():
                continue
            began = time.monotonic()
            say(f"{number}/{len(steps)} {name}")
            step()
            mark.write_text("")
            say(f"{number}/{len(steps)} {name}: {time.monotonic() - began:.0f} s")
        wheel = find_wheel(self.folder)
        if wheel is None:
            raise BuildFailed("the build ended without a wheel")
        shutil.rmtree(self.work)
        return wheel

    def fetch(self) -> None:
        """Gets the source, lays it out, writes config_site.h and makes the RTP source strict."""
        archive = source.fetch(self.folder / "source", say)
        shutil.rmtree(self.tree, ignore_errors=True)
        source.unpack(archive, self.tree)
        version = source.version_of(self.tree)
        for name in options.EMPTY_IF_MISSING:
            (self.tree / name).touch()
        (self.tree / "pjlib/include/pj/config_site.h").write_text(options.config_site())
        for patch in patches.PATCHES:
            path = self.tree / patch.file
            changed = patches.apply(path.read_text(), patch)
            if changed is None:
                raise BuildFailed(
                    f"pjproject {version} differs from the versions known here in {patch.file}: "
                    "look there and mend scripts/pjsua2/patches.py"
                )
            path.write_text(changed)

    def configure(self) -> None:
        """Runs pjproject's configure with the options of the table."""
        self.command(["./aconfigure", *options.CONFIGURE], {"CFLAGS": options.CFLAGS, "LDFLAGS": options.LDFLAGS})
        found = (self.tree / "pjlib/include/pj/compat/os_auto.h").read_text()
        if "#define PJ_HAS_SSL_SOCK 1" not in found:
            raise BuildFailed("OpenSSL's development files were not found (Debian: libssl-dev)")

    def swig(self) -> None:
        """Generates the Python binding."""
        parts = ("pjlib", "pjlib-util", "pjmedia", "pjsip", "pjnath")
        includes = [f"-I../../../../{part}/include" for part in parts]
        flags = ["-c++", "-w312", "-threads", "-doxygen", "-python", "-o", "pjsua2_wrap.cpp"]
        self.command(["swig", *includes, *flags, "../pjsua2.i"], folder=self.tree / BINDING)

    def wheel(self) -> None:
        """Compiles the binding and packs the wheel with a note of what it was built with."""
        folder = self.tree / BINDING
        version = source.version_of(self.tree)
        facts = {
            "pjproject": version,
            "options": options.options_hash(),
            "compiled": self.compiled_sizes(),
            "config_site": options.CONFIG_SITE,
            "configure": list(options.CONFIGURE),
        }
        note = folder / "pjsua2_build"
        note.mkdir(exist_ok=True)
        (note / "__init__.py").write_text('"""What this pjsua2 was built with: pjsua2_build.json."""\n')
        (note / "pjsua2_build.json").write_text(json.dumps(facts, indent=1))
        shutil.copy(Path(__file__).parent / "pjsua2/extension_setup.py", folder / "setup.py")
        out = self.work / "wheel"
        shutil.rmtree(out, ignore_errors=True)
        self.command(
            [sys.executable, "setup.py", "-q", "bdist_wheel", "--dist-dir", str(out)],
            {"PJSUA2_WHEEL_VERSION": f"{version}+ivr.{options.options_hash()}"},
            folder,
        )
        for made in out.glob("*.whl"):
            made.replace(self.folder / made.name)

    def compiled_sizes(self) -> dict[str, int]:
        """The sizes as the compiler sees them in the headers, not as the table wishes them."""
        asked = "#include <pjsua-lib/pjsua.h>\n" + "".join(f'IVR "{name}" {name}\n' for name in SIZES)
        includes = [f"-I{self.tree}/{part}/include" for part in ("pjlib", "pjlib-util", "pjmedia", "pjsip", "pjnath")]
        command = ["gcc", "-E", "-P", "-DPJ_AUTOCONF=1", *options.CFLAGS.split(), *includes, "-x", "c", "-"]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
        lines = [line.split(None, 2) for line in done.stdout.splitlines() if line.startswith('IVR "')]
        return {name.strip('"'): int(value.strip("() "), 0) for _, name, value in lines}

    def command(self, words: list[str], more: dict[str, str] | None = None, folder: Path | None = None) -> None:
        """Runs a command with its output in the log; raises BuildFailed with the log's end."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        with self.log.open("ab") as log:
            done = subprocess.run(
                words,
                cwd=folder or self.tree,
                env={**environment, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise BuildFailed(f"`{' '.join(words[:2])}` failed; the end of {self.log}:\n{end}")


def missing_tools() -> list[str]:
    """The programs and headers that the build needs and this machine lacks."""
    missing = [name for name in ("gcc", "g++", "make", "swig") if shutil.which(name) is None]
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        missing.append("Python.h (Debian: python3-dev)")
    for header, package in (
        ("openssl/ssl.h", "libssl-dev"),
        ("srtp2/srtp.h", "libsrtp2-dev"),
        ("uuid/uuid.h", "uuid-dev"),
    ):
        places = (Path("/usr/include"), Path("/usr/local/include"), Path("/usr/include/x86_64-linux-gnu"))
        if not any((place / header).exists() for place in places):
            missing.append(f"{header} (Debian: {package})")
    return missing


def main() -> int:
    """Returns 0 when the wheel is there, 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(description="Build pjsua2 into a wheel in the cache.")
    parser.add_argument("--force", action="store_true", help="build even when the wheel is there")
    parser.add_argument(
        "--find", action="store_true", help="only print the wheel's path; exit code 1 when there is none"
    )
    chosen = parser.parse_args()
    folder = cache_folder() / "pjsua2"
    wheel = None if chosen.force else find_wheel(folder)
    if wheel is None and chosen.find:
        return 1
    if wheel is None:
        missing = missing_tools()
        if missing:
            say("the build needs what this machine lacks: " + ", ".join(missing) + " (see scripts/system-packages.txt)")
            return 1
        try:
            with one_at_a_time(folder, say):
                wheel = (None if chosen.force else find_wheel(folder)) or Build(folder).run()
        except (BuildFailed, source.SourceMissing) as error:
            say(str(error))
            return 1
        except KeyboardInterrupt:
            say("interrupted; the next run goes on from here")
            return 130
    print(wheel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
