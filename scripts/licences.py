#!/usr/bin/env python3
"""Writes the list of licences in docs/licences.md from what the installed packages say of themselves.

The part between the two marks is generated; the rest of the page is written by hand. `--check` only compares.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/licences.md"
BEGIN, END = "<!-- generated: packages -->", "<!-- end -->"

# Packages whose metadata name no licence, or only "see the file"; read in their own sources.
TOLD_ELSEWHERE = {
    "vosk": "Apache-2.0",
    "srt": "MIT",
    "flatbuffers": "Apache-2.0",
    "docopt": "MIT",
}
GPL = re.compile(r"\bA?GPL|General Public License \(?v?[23]|GNU General Public", re.IGNORECASE)
LESSER = re.compile(r"Lesser|LGPL", re.IGNORECASE)
CLASSIFIER = "License :: OSI Approved :: "


def locked(name: str) -> list[str]:
    """The package names of a compiled requirement file, in its order."""
    text = (ROOT / "requirements" / name).read_text()
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)


def licence_of(package: str) -> tuple[str, str]:
    """Version and licence, as short as the metadata allow; raises PackageNotFoundError when it is not installed."""
    told = importlib.metadata.metadata(package)
    expression = _one(told, "License-Expression")
    short = _one(told, "License")
    classes = [
        line.removeprefix(CLASSIFIER) for line in told.get_all("Classifier") or [] if line.startswith(CLASSIFIER)
    ]
    licence = expression or (short if 0 < len(short) <= 60 and "\n" not in short else "") or " / ".join(classes)
    if not licence or licence.upper() in ("UNKNOWN", "DUAL LICENSE"):
        licence = TOLD_ELSEWHERE.get(package) or " / ".join(classes) or "not told"
    return importlib.metadata.version(package), licence


def _one(told: importlib.metadata.PackageMetadata, key: str) -> str:
    return str(told[key]).strip() if key in told else ""


def table(packages: list[str]) -> list[str]:
    """Rows of a Markdown table; GPL parts are marked."""
    lines = ["| Package | Version | Licence | |", "|---|---|---|---|"]
    for package in packages:
        version, licence = licence_of(package)
        mark = "**GPL**" if GPL.search(licence) and not LESSER.search(licence) else ""
        lines.append(f"| {package} | {version} | {licence} | {mark} |")
    return lines


def generated() -> str:
    """The generated part of the page."""
    base, dev = locked("base.txt"), locked("dev.txt")
    parts = ["", "### In a running server", "", *table(base), "", "### For tests and checks only", ""]
    parts += [*table([name for name in dev if name not in base]), ""]
    return "\n".join(parts)


def main() -> int:
    """Returns 1 with `--check` when the page is out of date, or when a licence is not told."""
    parser = argparse.ArgumentParser(description="Write the list of licences.")
    parser.add_argument("--check", action="store_true", help="compare only")
    checking = parser.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    fresh = f"{before}{BEGIN}\n{generated()}{END}{after}"
    silent = re.findall(r"^\| (\S+) .*\| not told \|", fresh, re.MULTILINE)
    if silent:
        print("licences: not told by", ", ".join(silent), "- add them to scripts/licences.py", file=sys.stderr)
        return 1
    if checking and fresh != page:
        print("licences: docs/licences.md is out of date: make licences", file=sys.stderr)
        return 1
    if not checking:
        PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
