"""Key tones (ITU-T Q.23) as sound, for a caller whose telephone sends keys in the voice. Pure."""

import math
from array import array

_LOW = (697, 770, 852, 941)
_HIGH = (1209, 1336, 1477, 1633)
_ROWS = ("123A", "456B", "789C", "*0#D")
_RATE = 8000


def dtmf(keys: str, press_ms: int = 100, pause_ms: int = 100, level_db: float = -10.0) -> bytes:
    """8 kHz mono PCM16; `level_db` is each tone's level against full scale."""
    peak = 32767 * math.sqrt(2) * 10 ** (level_db / 20) / math.sqrt(2)
    sound = array("h")
    for key in keys.upper():
        for low, row in zip(_LOW, _ROWS, strict=True):
            if key in row:
                high = _HIGH[row.index(key)]
                for n in range(_RATE * press_ms // 1000):
                    turn = 2 * math.pi * n / _RATE
                    sound.append(int(peak / 2 * (math.sin(low * turn) + math.sin(high * turn))))
                sound.extend([0] * (_RATE * pause_ms // 1000))
    return sound.tobytes()
