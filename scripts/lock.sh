#!/usr/bin/env bash
# Compiles the requirement files with hashes, naming no index: for Python 3.11 or later, and those of Rasa for 3.8 to 3.10.
# `scripts/lock.sh` keeps the versions that still fit; `scripts/lock.sh --upgrade` takes newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${UV:-.venv/bin/uv}"

compile() { # in, out, python, further words for uv
    "$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --python-platform x86_64-manylinux_2_28 --python-version "$3" "${@:4}" -o "requirements/$2" "requirements/$1"
}

compile bootstrap.in bootstrap.txt 3.11 "$@"
compile base.in base.txt 3.11 "$@"
compile dev.in dev.txt 3.11 "$@"
compile rasa.in rasa.txt 3.10 "$@"
compile rasa.in rasa-3.9.txt 3.9 "$@"
compile rasa.in rasa-3.8.txt 3.8 "$@"
