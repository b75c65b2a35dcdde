"""docs/proof.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_proof_names_exists() -> None:
    missing = []
    for row in (ROOT / "docs/proof.md").read_text(encoding="utf-8").splitlines():
        path = ""
        for file, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(test_\w+))?`", row):
            path = file or path
            text = (ROOT / path).read_text(encoding="utf-8") if path and (ROOT / path).is_file() else ""
            if path and (not text or (name and f"def {name}(" not in text)):
                missing.append(f"{path}::{name}")
    assert not missing
