"""Speaking: engines behind ports.Synthesizer, the best that works a language, a cache of what was rendered."""


class SynthesisError(Exception):
    """This engine failed to speak: another one may. The message says why, never what the text was."""


class NotForMe(SynthesisError):
    """This engine does not speak such a text, voice or speed; nothing is wrong with it."""
