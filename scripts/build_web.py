#!/usr/bin/env python3
"""Builds the scripts and styles of the pages into the cache: npm packages by their lock, bundled by esbuild.

Both results stand under the hash of what they follow, so a second run does nothing. `python -m scripts.build_web`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ivr import settings
from ivr.web import bundles
from scripts.one_at_a_time import one_at_a_time

KEPT_S = 7 * 86400
"""Builds that were not asked for so long go: other checkouts may share the cache."""
OPTIONS = (
    "--bundle", "--minify", "--splitting", "--format=esm", "--target=es2022", "--charset=utf8",
    "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]", "--asset-names=[name]-[hash]",
    "--legal-comments=linked", "--log-level=warning",
)  # fmt: skip


class CannotBuild(Exception):
    """Why, and what helps."""


def modules(cache: Path) -> Path:
    """The packages of the lock. Raises CannotBuild."""
    name = hashlib.sha256(bundles.LOCK.read_bytes()).hexdigest()[:16]
    target = cache / "web" / f"modules-{name}"
    if (target / "node_modules").is_dir():
        return target / "node_modules"
    if shutil.which("npm") is None:
        raise CannotBuild("npm is missing (Debian: apt-get install nodejs npm)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(bundles.SOURCES / file, made)
        # no scripts of packages: esbuild brings its program as a package of its own
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], Path(made))
        shutil.rmtree(target, ignore_errors=True)
        Path(made).chmod(0o755)
        shutil.copytree(made, target, symlinks=True)
    return target / "node_modules"


def build(cache: Path) -> Path:
    """The folder of bundles with its manifest. Raises CannotBuild."""
    target = bundles.folder(cache)
    with one_at_a_time(target.parent, say):
        if not (target / bundles.MANIFEST).is_file():
            _bundle(modules(cache), target)
        target.touch()
        _forget(target)
    return target


def say(text: str) -> None:
    """One line of progress."""
    print(f"web: {text}", file=sys.stderr, flush=True)


def _bundle(packages: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        out = Path(made) / "out"
        meta = Path(made) / "meta.json"
        words = [str(packages / ".bin" / "esbuild"), *(p.name for p in bundles.entries()), *OPTIONS]
        _run(
            [*words, f"--outdir={out}", f"--metafile={meta}"],
            bundles.SOURCES,
            os.environ | {"NODE_PATH": str(packages)},
        )
        (out / bundles.MANIFEST).write_text(json.dumps(_names(json.loads(meta.read_text()))))
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(out, target)


def _names(meta: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    """source -> file, of esbuild's account of what it wrote."""
    found = {}
    for path, told in meta["outputs"].items():
        source = told.get("entryPoint", "")
        if source and Path(path).suffix == Path(source).suffix:
            found[source] = Path(path).name
    return found


def _forget(last: Path) -> None:
    before = time.time() - KEPT_S
    for old in last.parent.glob("built-*"):
        if old != last and old.stat().st_mtime < before:
            shutil.rmtree(old, ignore_errors=True)


def _run(words: list[str], where: Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        words, cwd=where, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotBuild(f"{Path(words[0]).name} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def main() -> int:
    """Returns 1 when the pages could not be built."""
    cache = settings.load().cache
    try:
        print(build(cache))
    except CannotBuild as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
