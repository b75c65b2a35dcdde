"""Understanding: intent and entities of what was said. Rasa, and a built-in classifier when Rasa cannot answer."""


class ParserUnavailable(Exception):
    """This parser cannot answer now; the message is the reason as it is recorded (`rasa away`, `rasa late`, ...)."""
