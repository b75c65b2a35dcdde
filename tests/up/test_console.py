"""Lines on the console, from programs as supervisor tells them."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.up.console import Console, Seen, cut_logs


class Screen:
    """A console over programs that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        self.hopeless: list[str] = []
        self.noted: list[dict[str, int]] = []
        self.programs = {
            name: Seen(name, "running", pid, None) for pid, name in enumerate(("media", "rasa", "demo"), 100)
        }
        (folder / "run").mkdir()
        (folder / "flows").mkdir()
        (folder / "flows" / "current.json").write_text("{}")
        self.console = Console(
            folder / "run",
            folder,
            "sip:x@y",
            lambda: list(self.programs.values()),
            self.lines.append,
            self.hopeless.append,
            self.noted.append,
        )
        self.folder = folder
        self.look()

    def look(self) -> None:
        self.console._look_at_programs()

    def dies(self, name: str, status: int, words: str = "the reason") -> None:
        (self.folder / f"{name}.log").write_text(f"before\n{words}\n\n")
        before = self.programs[name]
        self.programs[name] = replace(
            before, pid=before.pid + 1000, exit_status=status, deaths=before.deaths + 1, state="starting"
        )
        self.look()


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(tmp_path)


def test_a_death_is_told_with_its_last_words(screen: Screen) -> None:
    screen.dies("rasa", 1, "no memory left")
    screen.dies("rasa", -9)
    assert screen.lines == [
        "rasa ended (exit code 1) and is started again; last words: no memory left",
        "rasa ended (signal 9) and is started again; last words: the reason",
    ]
    assert screen.noted[-1]["rasa"] == 2101


def test_one_that_dies_again_and_again_is_told_less_and_less(screen: Screen) -> None:
    for _ in range(33):
        screen.dies("rasa", 1)
    assert len(screen.lines) == 6  # the 1st, 2nd, 4th, 8th, 16th, 32nd time


def test_media_with_wrong_settings_at_the_start_is_hopeless(screen: Screen) -> None:
    screen.dies("media", 2, "serve: this pjsua2 carries 4 calls")
    assert screen.hopeless == ["serve: this pjsua2 carries 4 calls"]


def test_the_demo_s_end_is_no_death(screen: Screen) -> None:
    screen.dies("demo", 0)
    assert screen.lines == ["demo: the tables are filled"]


def test_ready_is_said_when_media_says_so_and_again_after_its_death(screen: Screen) -> None:
    import os

    told = screen.folder / "run" / "media.json"
    screen.console._look_at_media()
    assert screen.lines == []
    told.write_text(f'{{"pid": {os.getpid()}, "sip": []}}')
    flows = screen.folder / "flows" / "current.json"
    flows.unlink()
    screen.console._look_at_media()
    assert screen.lines == []  # SIP is there, but no line is published
    flows.write_text("{}")
    screen.console._look_at_media()
    screen.console._look_at_media()
    assert len(screen.lines) == 1
    assert screen.lines[0].startswith("ready after")
    assert screen.lines[0].endswith("dial sip:x@y")
    told.write_text('{"pid": 4194304}')  # killed: it could not take its word back
    screen.console._look_at_media()
    told.write_text(f'{{"pid": {os.getpid()}}}')
    screen.console._look_at_media()
    assert screen.lines[1:] == ["media answers calls again"]


def test_what_a_killed_process_told_of_itself_is_taken_back(screen: Screen) -> None:
    told = screen.folder / "run" / "media.json"
    told.write_text('{"pid": 100}')
    screen.dies("media", -9)
    assert not told.exists()
    told.write_text('{"pid": 77}')  # another one's
    screen.dies("media", -9)
    assert told.exists()


def test_a_long_log_is_put_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "media.log"
    with log.open("a") as writer:
        writer.write("x" * 100)
        writer.flush()
        cut_logs(tmp_path, most=1000)
        assert not (tmp_path / "media.log.1").exists()
        cut_logs(tmp_path, most=50)
        writer.write("next")
    assert (tmp_path / "media.log.1").read_text() == "x" * 100
    assert log.read_text() == "next"
