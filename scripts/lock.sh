#!/usr/bin/env bash
# Compiles the requirement files with hashes: base and dev for Python 3.11 or later, rasa for 3.10.
# Writes no index address. `scripts/lock.sh --upgrade` takes newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${UV:-.venv/bin/uv}"
common=(pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header)
compile() { # in out python [more]
    "$uv" "${common[@]}" --python-version "$3" --python-platform x86_64-manylinux_2_36 "${@:4}" -o "$2" "$1"
}
compile requirements/base.in requirements/base.txt 3.11 "$@"
compile requirements/dev.in requirements/dev.txt 3.11 "$@"
