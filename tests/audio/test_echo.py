"""The line's own echo is taken out, the caller over it is left."""

import numpy as np
import pytest

from ivr.audio.echo import EchoGuard
from ivr.audio.frames import level_db, power, split
from tests.audio.sounds import Sound, after, babble, noise, pcm


def shares(near: Sound, far: Sound) -> list[float]:
    """Share of each frame that is not echo."""
    guard = EchoGuard()
    left = []
    for own, sent in zip(split(pcm(near)), split(pcm(far)), strict=True):
        guard.heard(own, sent)
        found = guard.residual()
        left.append(1.0 if found is None else found[1])
    return left


@pytest.mark.parametrize("loss_db", [-12, -20, -30])
@pytest.mark.parametrize("delay_ms", [20, 135.5, 400])
def test_echo_is_explained_from_its_first_syllable_on(delay_ms: float, loss_db: float) -> None:
    far = babble(2.0, -20)
    near = after(delay_ms, far, loss_db, len(far)) + noise(2.0, -70)
    loud = [i for i, frame in enumerate(split(pcm(near))) if level_db(power(frame)) > -48]
    share = shares(near, far)
    assert np.mean([share[i] < 0.2 for i in loud]) > 0.9


def test_a_caller_over_the_echo_is_left() -> None:
    far = babble(3.0, -20)
    caller = np.concatenate((np.zeros(12000), babble(1.5, -26, seed=9)))
    share = shares(after(120, far, -18, len(far)) + caller, far)
    assert sum(s > 0.5 for s in share[77:90]) >= 4, "within 250 ms"
    assert np.mean([s > 0.5 for s in share[80:]]) > 0.35
    assert np.mean(share[10:70]) < 0.2


def test_a_caller_on_a_line_without_echo_is_left_whole() -> None:
    share = shares(babble(2.0, -26, seed=9), babble(2.0, -20))
    assert np.mean([s > 0.5 for s in share]) > 0.97


def test_nothing_is_possible_long_after_we_spoke() -> None:
    guard = EchoGuard()
    frames = split(pcm(babble(0.2)))
    for frame in frames:
        guard.heard(frame, frame)
    assert guard.possible
    for _ in range(40):
        guard.heard(frames[0], bytes(320))
    assert not guard.possible


@pytest.mark.parametrize("jump", [-1, 1, 2])
def test_a_jitter_buffer_that_drops_or_repeats_a_frame_leaves_the_echo_known(jump: int) -> None:
    far = babble(3.0, -20)
    near = after(120, far, -15, len(far))
    middle = 80 * 160
    jumped = np.concatenate((near[:middle], near[middle - jump * 160 :]))[: len(far)]
    jumped = np.pad(jumped, (0, len(far) - len(jumped)))
    loud = [i for i, frame in enumerate(split(pcm(jumped))) if level_db(power(frame)) > -48]
    share = shares(jumped, far)
    assert np.mean([share[i] < 0.2 for i in loud if 82 <= i < 140]) > 0.9


def test_sound_that_a_jitter_buffer_makes_up_is_no_caller() -> None:
    far = babble(3.0, -20)
    near = after(120, far, -15, len(far))
    frame = 90
    for n in range(1, 4):
        near[(frame + n) * 160 : (frame + n + 1) * 160] = near[frame * 160 : (frame + 1) * 160] * 0.8**n
    share = shares(near, far)
    assert max(share[frame + 1 : frame + 4]) < 0.2
