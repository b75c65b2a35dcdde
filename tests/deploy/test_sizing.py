"""docs/scaling.md shows what scripts/sizing.py computes."""

from scripts import sizing


def test_the_page_has_the_table_of_the_figures_in_the_script() -> None:
    text = sizing.PAGE.read_text(encoding="utf-8")
    assert sizing.page(text, sizing.Measured()) == text


def test_twice_the_cost_needs_twice_the_machines() -> None:
    cheap, dear = sizing.Measured(), sizing.Measured(media_idle=0.012, media_voice=0.035, recognizer=0.18)
    at, twice = sizing.size(100_000, cheap), sizing.size(100_000, dear)
    assert twice.recognition_cores == 2 * at.recognition_cores
    assert 1.9 < twice.nodes / at.nodes < 2.2
    assert at.disk_mb_s == twice.disk_mb_s
