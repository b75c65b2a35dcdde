"""A text of a flow: one for all languages, or one a language."""

from typing import Any

from pydantic import RootModel, model_validator


class Text(RootModel[dict[str, str]]):
    """What callers hear, or a label. `{name}` in it is a value (flow/template.py)."""

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not value.strip():
                raise ValueError("the text is empty; write what callers shall hear")
            return {"": value}
        if isinstance(value, list):
            raise ValueError("a list cannot be a text; write one text, or one a language: {en: ..., ko: ...}")
        if value is None:
            raise ValueError("the text is empty; write what callers shall hear")
        return value

    def of(self, language: str) -> str:
        """The text in `language`, else the one for all, else the first."""
        texts = self.root
        return texts.get(language) or texts.get("") or next(iter(texts.values()))

    def has(self, language: str) -> bool:
        return language in self.root or "" in self.root

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that it is written in; `""` is every language."""
        return tuple(self.root)


class Phrases(RootModel[dict[str, list[str]]]):
    """What callers may say: a list, or a list a language."""

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"": [value]}
        if isinstance(value, list):
            return {"": value}
        if isinstance(value, dict):
            return {name: [v] if isinstance(v, str) else v for name, v in value.items()}
        return value

    def of(self, language: str) -> list[str]:
        """The phrases in `language`, with those for all; without any of either, none."""
        return [*self.root.get(language, []), *(self.root.get("", []) if language else [])]
