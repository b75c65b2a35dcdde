"""Is what must be said among what is said? Words in order; case and punctuation do not count."""

from ivr.language.words import words


class Alignment:
    """What a caller heard since doing something last."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self.said: list[str] = []

    def add(self, text: str) -> None:
        """One more prompt, or what was recognized of it."""
        self.said += words(text, self.language)

    def forget(self) -> None:
        """The caller does something: what was said before does not count for what comes."""
        self.said = []

    def take(self, wanted: str) -> bool:
        """All words of `wanted` are there in this order; everything up to the last of them is used up."""
        place = 0
        for word in words(wanted, self.language):
            found = next((n for n in range(place, len(self.said)) if self._same(word, self.said[n])), None)
            if found is None:
                return False
            place = found + 1
        del self.said[:place]
        return True

    def _same(self, word: str, said: str) -> bool:
        """In Korean particles cling to a word: 번호 is in 번호가."""
        return word == said or (self.language == "ko" and said.startswith(word))

    def likeness(self, wanted: str) -> float:
        """Share of the words of `wanted` that are there in this order, for what was heard by ear (0 to 1)."""
        sought = words(wanted, self.language)
        if not sought:
            return 1.0
        row = [0] * (len(self.said) + 1)
        for word in sought:
            before = 0
            for n, said in enumerate(self.said, 1):
                kept = row[n]
                row[n] = before + 1 if self._same(word, said) else max(row[n], row[n - 1])
                before = kept
        return row[-1] / len(sought)
