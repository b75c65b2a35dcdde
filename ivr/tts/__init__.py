"""Speaking: engines behind ports.Synthesizer, the best that works a language, a cache of what was rendered."""


class SynthesisError(Exception):
    """This engine cannot speak this text: another one may. The message says why, never what the text was."""
