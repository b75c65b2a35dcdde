import numpy as np
import pytest

from ivr.insight.channel import (
    Codec,
    Hop,
    active_level_db,
    at_level,
    clipped,
    delay_packets,
    g711,
    lose_packets,
    pcm16,
    through,
    with_noise,
)


def speech(seconds: float = 4.0, level: float = 0.1, active: float = 0.5) -> np.ndarray:
    """Noise that is on for `active` of each second."""
    random = np.random.default_rng(3)
    t = np.arange(int(seconds * 8000)) / 8000
    return (random.normal(0, level, len(t)) * ((t % 1.0) < active)).astype(np.float32)


@pytest.mark.parametrize(
    ("codec", "known"),
    [
        # G.711 tables: first positive values, the largest
        ("pcmu", [0.0, 8 / 32768, 16 / 32768, 32124 / 32768]),
        ("pcma", [8 / 32768, 24 / 32768, 32256 / 32768]),
    ],
)
def test_g711_has_the_values_of_its_tables(codec: Codec, known: list[float]) -> None:
    assert g711(np.array(known, np.float32), codec).tolist() == pytest.approx(known)
    assert g711(-np.array(known, np.float32), codec).tolist() == pytest.approx([-k for k in known])


@pytest.mark.parametrize("codec", ["pcmu", "pcma"])
def test_g711_errs_by_its_step(codec: Codec) -> None:
    x = np.linspace(-0.98, 0.98, 50_001).astype(np.float32)
    error = np.abs(g711(x, codec) - x)
    assert (error <= np.maximum(np.abs(x) / 15, 9 / 32768)).all()
    signal = speech()
    noise = g711(signal, codec) - signal
    assert 10 * np.log10((signal**2).mean() / (noise**2).mean()) > 35


def test_level_counts_speech_and_not_pauses() -> None:
    always = active_level_db(speech(active=1.0))
    assert always == pytest.approx(-20, abs=0.5)
    assert active_level_db(speech(active=0.5)) == pytest.approx(-20, abs=1.0)
    assert active_level_db(speech(active=0.2)) == pytest.approx(-20, abs=1.5)
    assert active_level_db(np.zeros(8000, np.float32)) < -100


def test_noise_is_as_far_below_the_speech_as_asked() -> None:
    random = np.random.default_rng(1)
    clean, noise = speech(), random.normal(0, 0.5, 80_000).astype(np.float32)
    mixed = with_noise(clean, noise, 12.0, random)
    added = mixed - clean
    assert 10 * np.log10((added**2).mean()) == pytest.approx(active_level_db(clean) - 12, abs=0.3)


def test_lost_packets_are_about_as_many_as_asked_and_bridged() -> None:
    clean = speech(40)
    out = lose_packets(clean, 0.1, np.random.default_rng(1))
    changed = [n for n in range(2000) if (out[n * 160 : n * 160 + 160] != clean[n * 160 : n * 160 + 160]).any()]
    assert 70 < len(changed) < 230
    assert np.abs(out).max() <= np.abs(clean).max()


def test_too_loud_is_clipped_not_wrapped() -> None:
    assert np.frombuffer(pcm16(np.array([2.0, -2.0, 0.5], np.float32)), "<i2").tolist() == [32767, -32768, 16384]


def test_level_and_clipping() -> None:
    clean = speech()
    assert active_level_db(at_level(clean, -36.0)) == pytest.approx(-36, abs=0.2)
    loud = clipped(clean, 12.0)
    assert np.abs(loud).max() == 1.0
    assert 0.001 < (np.abs(loud) == 1.0).mean() < 0.5
    assert not clipped(np.zeros(10, np.float32), 12.0).any()


def test_each_transcoding_adds_its_own_error_and_no_delay() -> None:
    t = np.arange(16000) / 8000
    clean = (0.3 * np.sin(2 * np.pi * 440 * t) * (1 + np.sin(2 * np.pi * 3 * t)) / 2).astype(np.float32)

    def distance(*hops: Hop) -> float:
        return float(((through(clean, hops) - clean) ** 2).mean() / (clean**2).mean())

    assert through(clean, ("pcmu",)).tolist() == g711(clean, "pcmu").tolist()
    assert distance("pcmu") < distance("pcmu", "pcma") < distance("pcmu", "gsm", "pcma") < 0.2
    assert len(through(clean, ("gsm",))) == len(clean)


def test_packets_that_miss_the_buffer_are_concealed() -> None:
    clean, random = speech(40, active=1.0), np.random.default_rng(1)
    out = delay_packets(clean, 30.0, random)
    changed = (out != clean).reshape(-1, 160).any(axis=1).mean()
    assert changed == pytest.approx(np.exp(-2), abs=0.03)
    assert (delay_packets(clean, 1.0, random) == clean).all()


def test_a_long_loss_ends_in_silence() -> None:
    out = lose_packets(speech(2, active=1.0), 1.0, np.random.default_rng(1))
    assert out[160:640].any()
    assert not out[640:].any()
