"""Where pjproject's source comes from: PJPROJECT_SOURCE, upstream's release, Debian's source package, in this order.

Each way returns the path of an archive or of a folder, or raises `SourceMissing` with the reason in plain words.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from scripts.pjsua2 import options

CONNECT_TIMEOUT_S = 8.0

Say = Callable[[str], None]


class SourceMissing(Exception):
    """This way gives no source; the message says why."""


def fetch(folder: Path, say: Say, environment: dict[str, str] | None = None) -> Path:
    """Gets the source by the first way that works; raises SourceMissing with every reason when none does."""
    environment = dict(os.environ) if environment is None else environment
    folder.mkdir(parents=True, exist_ok=True)
    wanted = environment.get("PJPROJECT_SOURCE", "")
    if wanted:
        return _named(wanted, folder, say)
    reasons = []
    for title, way in (("upstream's release", _upstream), ("Debian's source package", _debian)):
        say(f"source: trying {title}")
        try:
            return way(folder, say)
        except SourceMissing as error:
            reasons.append(f"{title}: {error}")
            say(f"source: {error}")
    raise SourceMissing(
        "no source of pjproject could be had:\n  "
        + "\n  ".join(reasons)
        + "\nDownload pjproject 2.17 or later elsewhere and name it: PJPROJECT_SOURCE=/path/to/pjproject-2.17.tar.gz"
    )


def _named(wanted: str, folder: Path, say: Say) -> Path:
    if re.match(r"https?://", wanted):
        target = folder / wanted.rsplit("/", 1)[-1]
        download(wanted, target, say)
        return _known(target, say, refuse_unknown=False)
    path = Path(wanted).expanduser()
    if not path.exists():
        raise SourceMissing(f"PJPROJECT_SOURCE names {wanted}, which does not exist")
    return path if path.is_dir() else _known(path, say, refuse_unknown=False)


def _upstream(folder: Path, say: Say) -> Path:
    target = folder / f"pjproject-{options.UPSTREAM_VERSION}.tar.gz"
    if not target.exists():
        download(options.UPSTREAM_ADDRESS, target, say)
    return _known(target, say, refuse_unknown=True)


def _debian(folder: Path, say: Say) -> Path:
    """Debian sid's source package `asterisk` carries pjproject; a private list leaves the system's lists alone."""
    if shutil.which("apt-get") is None:
        raise SourceMissing("this machine has no apt-get")
    found = list(folder.glob("asterisk_*orig-Xpjproject.tar.*"))
    if not found:
        options_ = _private_apt(folder / "apt")
        _run(["apt-get", *options_, "update"], folder, "apt-get update of Debian sid's sources failed")
        _run(["apt-get", *options_, "source", "--download-only", "asterisk"], folder, "apt-get source failed")
        found = list(folder.glob("asterisk_*orig-Xpjproject.tar.*"))
    if not found:
        raise SourceMissing("Debian's source package asterisk carries no pjproject any more")
    return _known(found[0], say, refuse_unknown=False)


def _private_apt(folder: Path) -> list[str]:
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    listed = folder / "sid.sources"
    listed.write_text(
        "Types: deb-src\nURIs: http://deb.debian.org/debian\nSuites: sid\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    settings = {
        "Dir::Etc::sourcelist": listed,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        # A mirror that lags behind serves an old but signed list; an old source archive is as good as a new one.
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(command: list[str], folder: Path, failure: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise SourceMissing(f"{failure}: {' '.join(last)}")


def download(address: str, target: Path, say: Say) -> None:
    """Downloads to `target`, continuing a part that is there; raises SourceMissing when the address is out of reach."""
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_S) as answer:
            mode = "ab" if have and answer.status == 206 else "wb"
            with part.open(mode) as out:
                shutil.copyfileobj(answer, out, 1 << 18)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SourceMissing(f"{address} is out of reach ({reason})") from error
    part.replace(target)
    say(f"source: {target.name}, {target.stat().st_size:,} bytes")


def _known(archive: Path, say: Say, refuse_unknown: bool) -> Path:
    digest = sha256(archive)
    version = options.KNOWN_ARCHIVES.get(digest)
    if version:
        say(f"source: {archive.name} is pjproject {version}")
    elif refuse_unknown:
        archive.unlink()
        raise SourceMissing(f"{archive.name} has the unknown sha256 {digest}; it was thrown away")
    else:
        say(f"source: {archive.name} is not in the table of known archives (sha256 {digest})")
    return archive


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(source: Path, target: Path) -> None:
    """Lays the source tree at `target`, whole or not at all."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, fresh, symlinks=True)
    else:
        fresh.mkdir(parents=True)
        with tarfile.open(source) as archive:
            _extract(archive, fresh)
        inner = [path for path in fresh.iterdir() if path.is_dir()]
        if len(inner) == 1 and not (fresh / "version.mak").exists():
            lifted = target.with_name(target.name + ".lifted")
            shutil.rmtree(lifted, ignore_errors=True)
            inner[0].rename(lifted)
            shutil.rmtree(fresh)
            fresh = lifted
    if not (fresh / "version.mak").exists():
        raise SourceMissing(f"{source} is no source tree of pjproject: it has no version.mak")
    fresh.rename(target)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Extracts, refusing names that leave the folder; Debian 12's Python 3.11.2 has no filter that does."""
    if hasattr(tarfile, "data_filter"):
        archive.extraction_filter = tarfile.data_filter
    for member in archive.getmembers():
        if member.name.startswith("/") or ".." in Path(member.name).parts:
            raise SourceMissing(f"the archive holds {member.name}, which leaves its folder")
    archive.extractall(folder)


def version_of(tree: Path) -> str:
    """The version that the tree says it is, such as "2.17"."""
    parts = dict(
        re.findall(r"^export PJ_VERSION_(MAJOR|MINOR|REV)\s*:=\s*(\d*)", (tree / "version.mak").read_text(), re.M)
    )
    version = f"{parts['MAJOR']}.{parts['MINOR']}" + (f".{parts['REV']}" if parts.get("REV") else "")
    if (int(parts["MAJOR"]), int(parts["MINOR"])) < options.MINIMUM_VERSION:
        raise SourceMissing(f"pjproject {version} is too old: 2.17 or later is needed")
    return version
