"""One walk over a model: every text in it, with its place and what its annotation says that it means."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from ivr.flow.path import Path
from ivr.flow.scalars import Means


class Leaf(NamedTuple):
    path: Path
    """As in the file."""
    value: Any
    """A text, or a `Text` or `Phrases`."""
    means: Means | None
    is_key: bool = False
    """It is the key of a mapping."""


def walk(value: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every leaf of a model (or of a sequence or mapping of models)."""
    return _walk(value, path, Any, None)


def _walk(value: Any, path: Path, hint: Any, means: Means | None) -> Iterator[Leaf]:
    if isinstance(value, RootModel):
        yield Leaf(path, value, means)
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            if name in value.model_fields_set:
                mark = next((m for m in info.metadata if isinstance(m, Means)), None)
                yield from _walk(getattr(value, name), (*path, info.alias or name), info.annotation, mark)
    elif isinstance(value, dict):
        of_key, of_value = next((get_args(arm) for arm, _ in _arms(hint) if get_origin(arm) is dict), (Any, Any))
        for key, inner in value.items():
            mark = _mark(of_key)
            if mark:
                yield Leaf((*path, key), key, mark, True)
            yield from _walk(inner, (*path, key), of_value, _mark(of_value) or means)
    elif isinstance(value, list | tuple):
        inner_hint = next((get_args(arm)[0] for arm, _ in _arms(hint) if get_origin(arm) in (list, tuple)), Any)
        for n, inner in enumerate(value):
            yield from _walk(inner, (*path, n), inner_hint, _mark(inner_hint) or means)
    elif isinstance(value, str):
        yield Leaf(path, value, means or _mark(hint))


def _mark(hint: Any) -> Means | None:
    return next((mark for _, mark in _arms(hint) if mark), None)


def _arms(hint: Any, mark: Means | None = None) -> Iterator[tuple[Any, Means | None]]:
    """The alternatives of an annotation with their marks."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        yield from _arms(inner, next((m for m in metadata if isinstance(m, Means)), mark))
    elif get_origin(hint) in (Union, types.UnionType):
        for arm in get_args(hint):
            yield from _arms(arm, mark)
    else:
        yield hint, mark
