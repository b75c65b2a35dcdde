"""How good a call's sound was, as one opinion score: a simplified E-model.

Source: ITU-T G.107 with its default values (R0 - Is = 93.2, no advantage), delay impairment after Cole and Rosenbluth,
"Voice over IP performance monitoring" (ACM SIGCOMM CCR 31/2, 2001), loss impairment of G.711 with concealment after
ITU-T G.113 Appendix I (Ie 0, Bpl 25.1), loss taken as random.
"""

BASE = 93.2
LOSS_ROBUSTNESS = 25.1
PACKET_MS = 20.0
JITTER_BUFFER = 2.0
"""Delay of a jitter buffer in units of the mean jitter; with it, no packet of usual jitter comes too late."""


def rating(lost: int, received: int, jitter_ms: float) -> float:
    """R of the caller's sound as it came here, 0 to 93.2. The network's own delay is not known and counts as none."""
    expected = lost + received
    loss_percent = 100.0 * lost / expected if expected > 0 else 0.0
    delay_ms = 2 * PACKET_MS + JITTER_BUFFER * max(jitter_ms, 0.0)
    by_delay = 0.024 * delay_ms + 0.11 * max(delay_ms - 177.3, 0.0)
    by_loss = 95.0 * loss_percent / (loss_percent + LOSS_ROBUSTNESS)
    return max(BASE - by_delay - by_loss, 0.0)


def mos(r: float) -> float:
    """Mean opinion score, 1 to 4.5, of a rating (ITU-T G.107 Annex B)."""
    if r <= 0:
        return 1.0
    return max(1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r), 1.0)
